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
"""Seconds between the first tries to reach a host again whose link was lost."""

LONGEST_PAUSE = 5.0
"""Seconds between the later ones."""


class Host:
    """One address, its connections, and what is sent to it."""

    def __init__(self, environment: Environment, address: str, config: Config, listener: HostListener) -> None:
        self.environment = environment
        self.address = address
        self._config = config
        self._listener = listener
        self._connections: dict[str, Any] = {}
        self._began = 0.0

    def connect(self, *, as_service_user: bool = False) -> Any:
        """The connection of the release user, or of the service user; opened once. Raises Unreachable."""
        user = self.environment.service_user if as_service_user else self.environment.release_user
        if user not in self._connections:
            self._connections[user] = connect(self.environment, self.address, user, self._config)
        return self._connections[user]

    @property
    def connected(self) -> bool:
        """Whether the release user's connection was opened."""
        return self.environment.release_user in self._connections

    def reconnect(self, patience: float = 0.0) -> None:
        """Forget the connections, and open a new one, with a few tries, and more for `patience` seconds. Raises Unreachable."""
        self.close()
        deadline = time.monotonic() + patience
        pauses = [*PAUSES]
        while True:
            try:
                self.connect()
            except Unreachable:
                if not pauses and time.monotonic() > deadline:
                    raise
                time.sleep(pauses.pop(0) if pauses else LONGEST_PAUSE)
            else:
                return

    def run(self, phase: Phase, run: Run) -> program.Outcome:
        """Send one phase, and follow it to its end. A job whose link is lost goes on: `go_on`, or give it up with `end`."""
        text = command(phase, run)
        connection = self.connect(as_service_user=phase.as_service_user)
        self.begin(phase)
        outcome = program.run(connection, text, run.nonce, self._hear)
        if outcome.status != "unknown" or phase.runner != "job":
            self.end(phase, outcome)
        return outcome

    def go_on(self, follow: Phase, run: Run, outcome: program.Outcome) -> None:
        """Go on with the outcome of a job: send `follow`, which tells what the job has told since, and still tells."""
        program.run(self.connect(), command(follow, run), run.nonce, self._hear, outcome)

    def begin(self, phase: Phase) -> None:
        """Tell that a phase begins."""
        self._tell("phase", "start", phase.name, *(step.name for step in phase.steps))
        self._began = time.monotonic()

    def end(self, phase: Phase, outcome: program.Outcome) -> None:
        """Tell that a phase is over, or given up."""
        status = "done" if outcome.status == "ok" else outcome.status
        self._tell("phase", status, phase.name, str(int((time.monotonic() - self._began) * 1000)))

    def lock(self, phase: Phase, run: Run) -> Lock:
        """The lock of a run, to be entered."""
        return Lock(self.connect(), command(phase, run), run.nonce, self._hear)

    def close(self) -> None:
        """Close every connection."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _hear(self, event: Event) -> None:
        self._listener(self.address, event)

    def _tell(self, kind: str, *words: str) -> None:
        self._listener(self.address, Event(kind, words))
