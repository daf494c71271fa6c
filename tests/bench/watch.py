"""When a symlink begins to lead elsewhere, as the kernel reports it: inotify on its directory."""

import contextlib
import ctypes
import os
import select
import threading
import time
from pathlib import Path
from typing import Self

IN_CREATE, IN_MOVED_TO = 0x100, 0x80
STOP = b"x"


class Watch:
    """From `with` on, `seen` is the moment (time.monotonic) at which the link first led elsewhere; None until then."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.seen: float | None = None
        self._before = _target(link)
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        libc = ctypes.CDLL(None, use_errno=True)
        self._events = libc.inotify_init1(os.O_CLOEXEC)
        if libc.inotify_add_watch(self._events, os.fsencode(self.link.parent), IN_CREATE | IN_MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "inotify_add_watch", str(self.link.parent))
        self._stopped, self._stop = os.pipe()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self._stop, STOP)
        self._thread.join()
        for descriptor in (self._events, self._stop, self._stopped):
            os.close(descriptor)

    def _watch(self) -> None:
        while self.seen is None:
            ready, _, _ = select.select([self._events, self._stopped], [], [])
            if self._stopped in ready and self._events not in ready:
                return
            moment = time.monotonic()
            os.read(self._events, 65536)
            if _target(self.link) not in ("", self._before):
                self.seen = moment


def _target(link: Path) -> str:
    with contextlib.suppress(OSError):
        return str(link.readlink())
    return ""
