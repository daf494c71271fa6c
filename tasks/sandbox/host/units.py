"""The services of the embedded host: real processes, started in what is live at that moment."""

import signal
import time
from pathlib import Path
from typing import NamedTuple

from . import process
from .layout import SERVICE_USER, Layout
from .process import UnitError

RELOAD_SECONDS = 60.0


class Unit(NamedTuple):
    """One service: its program, and whether it can take a new release without being restarted."""

    name: str
    program: str
    reloads: bool = False


SYSTEMD = (Unit("site-web", "web", reloads=True), Unit("site-worker@1", "worker"), Unit("site-worker@2", "worker"))
SUPERVISOR = (Unit("releases", "worker"),)


class Services(NamedTuple):
    """What can be done to the services of one sandbox."""

    layout: Layout

    def running(self, unit: Unit) -> process.Process | None:
        """The process of a service, if it runs."""
        return process.running(self.layout, unit.name)

    def working_directory(self, unit: Unit) -> Path | None:
        """Where the process of a service really is: the release that it runs."""
        running = self.running(unit)
        return Path(f"/proc/{running.pid}/cwd").readlink() if running else None

    def start(self, unit: Unit) -> None:
        """Start a service that does not run."""
        home = self.layout.folder if unit.program == "web" else self.layout.live_link
        environment = self.layout.environment(SERVICE_USER)
        try:
            process.launch(self.layout, unit.name, unit.program, cwd=home.resolve(strict=True), environment=environment)
        except OSError as error:
            raise UnitError(str(error)) from error

    def restart(self, unit: Unit) -> None:
        """Stop and start a service; it is a new process afterwards."""
        self._fail_if_told(unit)
        if running := self.running(unit):
            process.end(running)
        self.start(unit)

    def reload(self, unit: Unit) -> None:
        """Have a running service take what is live now, and wait until it has."""
        self._fail_if_told(unit)
        running = self.running(unit)
        if not (unit.reloads and running):
            raise UnitError(f"{unit.name} {'is not active, cannot reload' if unit.reloads else 'has no reload'}.")
        loaded = self.layout.run / f"{unit.program}.loaded"
        loaded.unlink(missing_ok=True)
        running.send(signal.SIGHUP)
        deadline = time.monotonic() + RELOAD_SECONDS
        while not loaded.exists():
            if not running.alive or time.monotonic() > deadline:
                raise UnitError(f"{unit.name} did not reload.")
            time.sleep(0.01)

    def _fail_if_told(self, unit: Unit) -> None:
        """A file run/fail/UNIT makes it fail, saying the file's text; one that says `once` fails once."""
        order = self.layout.run / "fail" / unit.name
        if not order.exists():
            return
        text = order.read_text().strip()
        if text == "once":
            order.unlink()
        raise UnitError(text if text not in ("", "once") else f"{unit.name} fails by order of {order}.")
