"""One host of an environment: at most one connection per user, and one channel per program."""

import time
from collections.abc import Callable
from typing import Any

from fabric.config import Config

from tasks.config.models import Environment
from tasks.errors import Unreachable
from tasks.phases.step import Phase
from tasks.remote import program
from tasks.remote.connection import connect
from tasks.remote.lock import Lock
from tasks.shell.events import Event
from tasks.shell.render import command
from tasks.shell.run import Run

HostListener = Callable[[str, Event], None]


PAUSES = (0.5, 1.5, 3.0)
"""Seconds between the tries to reach a host again whose link was lost."""


class Host:
    """One address, its connections, and what is sent to it."""

    def __init__(self, environment: Environment, address: str, config: Config, listener: HostListener) -> None:
        self.environment = environment
        self.address = address
        self._config = config
        self._listener = listener
        self._connections: dict[str, Any] = {}

    def connect(self, *, as_service_user: bool = False) -> Any:
        """The connection of the release user, or of the service user; opened once. Raises Unreachable."""
        user = self.environment.service_user if as_service_user else self.environment.release_user
        if user not in self._connections:
            self._connections[user] = connect(self.environment, self.address, user, self._config)
        return self._connections[user]

    def reconnect(self) -> None:
        """Forget the connections, and open a new one, with a few tries. Raises Unreachable."""
        self.close()
        for pause in PAUSES:
            try:
                self.connect()
                return
            except Unreachable:
                time.sleep(pause)
        self.connect()

    def run(self, phase: Phase, run: Run) -> program.Outcome:
        """Send one phase, and follow it to its end."""
        text = command(phase, run)
        connection = self.connect(as_service_user=phase.as_service_user)
        self._tell("phase", "start", phase.name, *(step.name for step in phase.steps))
        began = time.monotonic()
        outcome = program.run(connection, text, run.nonce, lambda event: self._listener(self.address, event))
        status = "done" if outcome.status == "ok" else outcome.status
        self._tell("phase", status, phase.name, str(int((time.monotonic() - began) * 1000)))
        return outcome

    def lock(self, phase: Phase, run: Run) -> Lock:
        """The lock of a run, to be entered."""
        return Lock(self.connect(), command(phase, run), run.nonce, lambda event: self._listener(self.address, event))

    def close(self) -> None:
        """Close every connection."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _tell(self, kind: str, *words: str) -> None:
        self._listener(self.address, Event(kind, words))
