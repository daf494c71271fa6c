"""Release a web application to the few servers it runs on: `fab -l` lists the verbs."""

import os
import sys
from pathlib import Path

for _name in ("stdin", "stdout", "stderr"):
    if getattr(sys, _name) is None:  # closed (`>&-`): otherwise a socket gets its number, and what is printed
        setattr(sys, _name, Path(os.devnull).open("r" if _name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115

if _start := getattr(sys.modules.get("fab_start"), "loaded", None):
    _start()

if _config := getattr(getattr(sys.modules.get("fabric.main"), "program", None), "config", None):
    _config._set(_given_explicit_object=True)  # Fabric reads no ssh_config: remote/ does, as ssh would

sys.dont_write_bytecode = False  # invoke sets it, and every run would compile all of tasks/ again

try:
    from tasks import ns
except KeyboardInterrupt:
    print("interrupted; nothing was sent to any host", file=sys.stderr)
    sys.exit(130)

__all__ = ["ns"]
