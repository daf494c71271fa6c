"""supervisorctl of the embedded host: `status` and `restart`, for the programs that it has."""

import os

from .layout import Layout
from .process import UnitError
from .units import SUPERVISOR, Services, Unit

NO_SUCH_PROGRAM = 4
NOT_RUNNING = 3


def main(layout: Layout, *words: str) -> int:
    """Do what one call asks for; the exit code is the worst of all programs that were named."""
    if words[:1] == ("-c",):
        words = words[2:]  # it has no configuration
    verb, *names = words or ("",)
    if verb not in ("status", "restart"):
        return _say(f"*** Unknown syntax: {' '.join(words)}", 2)
    if "SUDO_USER" not in os.environ:
        return _say("error: <class 'PermissionError'>, [Errno 13] Permission denied: file: xmlrpc.py", 2)
    return max(_one(Services(layout), verb, name) for name in names or ["all"])


def _one(services: Services, verb: str, name: str) -> int:
    units = [unit for unit in SUPERVISOR if name in ("all", unit.name, f"{unit.name}:*", f"{unit.name}:{unit.name}")]
    if not units:
        return _say(f"{name}: ERROR (no such process)", NO_SUCH_PROGRAM if verb == "status" else 1)
    return max((_status if verb == "status" else _restart)(services, unit) for unit in units)


def _status(services: Services, unit: Unit) -> int:
    running = services.running(unit)
    state = f"RUNNING   pid {running.pid}" if running else "FATAL"
    return _say(f"{unit.name:<32} {state}", 0 if running else NOT_RUNNING)


def _restart(services: Services, unit: Unit) -> int:
    print(f"{unit.name}: {'stopped' if services.running(unit) else 'ERROR (not running)'}")
    try:
        services.restart(unit)
    except UnitError as error:
        return _say(f"{unit.name}: ERROR (spawn error)\n{error}", 1)
    return _say(f"{unit.name}: started", 0)


def _say(text: str, code: int) -> int:
    """supervisorctl speaks on stdout, errors too."""
    print(text)
    return code
