"""Ctrl-C before fabfile.py is there to hear it: Python would print its own traceback while Fabric is imported.

`make` puts this file and fab_start.pth beside Fabric; Python then runs it first, in every program, and it minds only fab.
"""

import os
import signal
import sys


def _leave(*_: object) -> None:
    begun = getattr(sys.modules.get("tasks.flow.interrupts"), "begun", False)
    os.write(2, b"interrupted\n" if begun else b"interrupted; nothing was sent to any host\n")
    os._exit(130)


if any(os.path.basename(word) in ("fab", "fabric") for word in sys.orig_argv[1:3]):  # noqa: PTH119 (pathlib takes 10 ms)
    for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(_number) != signal.SIG_IGN:
            signal.signal(_number, _leave)
