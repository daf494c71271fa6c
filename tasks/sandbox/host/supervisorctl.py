"""supervisorctl of the embedded host, for the programs that it has."""

import os
import sys
from pathlib import Path

from . import journal
from .layout import Layout
from .units import SUPERVISOR, Services, Unit, UnitError

NO_SUCH_PROGRAM = 4
NOT_RUNNING = 3
VERBS = ("status", "pid", "start", "stop", "restart")


def main(folder: str, *words: str) -> int:
    """Do what one call asks for; the exit code is the worst of all programs that were named."""
    layout = Layout(Path(folder))
    journal.append(layout.run / "services.log", program="supervisorctl", arguments=list(words))
    if not words or words[0] not in VERBS:
        return _say(f"*** Unknown syntax: {' '.join(words)}", 2)
    if "SUDO_USER" not in os.environ:
        return _say("error: <class 'PermissionError'>, [Errno 13] Permission denied: file: xmlrpc.py", 2)
    verb, names = words[0], words[1:] or ("all",)
    services = Services(layout)
    return max(_one(services, verb, name) for name in names)


def _one(services: Services, verb: str, name: str) -> int:
    units = [unit for unit in SUPERVISOR if name in ("all", unit.name, f"{unit.name}:*", f"{unit.name}:{unit.name}")]
    if not units:
        return _say(f"{name}: ERROR (no such process)", NO_SUCH_PROGRAM if verb == "status" else 1)
    if verb in ("status", "pid"):
        return max(_tell(services, verb, unit) for unit in units)
    return max(_change(services, verb, unit) for unit in units)


def _tell(services: Services, verb: str, unit: Unit) -> int:
    running = services.running(unit)
    if verb == "pid":
        print(running.pid if running else 0)
    elif running:
        print(f"{unit.name:<32} RUNNING   pid {running.pid}")
    else:
        print(f"{unit.name:<32} {'STOPPED' if services.state(unit) == 'inactive' else 'FATAL'}")
    return 0 if running else NOT_RUNNING


def _change(services: Services, verb: str, unit: Unit) -> int:
    ran = services.running(unit) is not None
    if verb == "start" and ran:
        return _say(f"{unit.name}: ERROR (already started)", 1)
    if verb != "start":
        print(f"{unit.name}: {'stopped' if ran else 'ERROR (not running)'}")
    try:
        getattr(services, verb)(unit)
    except UnitError as error:
        return _say(f"{unit.name}: ERROR (spawn error)\n{error}", 1)
    if verb != "stop":
        print(f"{unit.name}: started")
    return 0


def _say(text: str, code: int) -> int:
    """supervisorctl speaks on stdout, errors too."""
    print(text, file=sys.stdout)
    return code
