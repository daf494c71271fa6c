"""Looks at a service, each with processes that are made up, and a proof that judges them."""

from typing import Any

from tasks.host.services.fpm import Answers
from tasks.host.services.processes import Process, ticks
from tasks.host.services.proof import Proof
from tasks.host.services.service import Look, Service
from tests.functions.made import Made

RELEASES = "/home/ftsuser/releases"
OLD, LIVE = "source-20260101T000000Z", "source-20260102T000000Z"
NOWHERE = 1 << 23
"""Pids from here on are nobody's: the kernel's own limit is lower."""


class Looked(Service):
    """A service that is seen as the test has it."""

    def __init__(self, action: str = "restart") -> None:
        super().__init__("systemd", action, "worker")
        self.next = Look({})

    def look(self, _: object = None) -> Look:
        """The next look at it."""
        return self.next


class Silent(Answers):
    """No php-fpm, but for the pools that a test names."""

    def __init__(self, link: str = "/home/ftsuser/source", answers: list[str] | None = None) -> None:
        self.link, self.timeout, self.answers = link, 0, answers
        self.pools = {} if answers is None else {"www": {}}

    def complaints(self) -> list[str]:
        """What the test has them answer."""
        return self.answers or []


def seen(*processes: Process, main: int = NOWHERE, others: tuple[Process, ...] = (), **about: Any) -> Look:
    look = Look({each.pid: each for each in (*processes, *others)})
    look.pids = {each.pid for each in processes}
    look.mains = {main}
    for name, value in about.items():
        setattr(look, name, value)
    return look


class Case:
    """A service whose phase began at a time; processes are started at seconds before or after it."""

    def __init__(self, action: str = "restart", answers: Answers | None = None) -> None:
        self.run = Made("post-release", path=f"{RELEASES}/{LIVE}")
        self.service = Looked(action)
        self.answers = answers or Silent()
        self.proof: Proof | None = None

    def process(self, seconds: float, pid: int = NOWHERE, arguments: str = "php worker", parent: int = 1) -> Process:
        """A process that started so many seconds after the phase began."""
        return Process(pid, parent, ticks(self.run.began + seconds), "", arguments)

    def complaints(self, look: Look, before: Look | None = None) -> str:
        """What is complained about, all in one."""
        self.proof = Proof(self.run, self.service, self.answers, before or Look({}))
        self.service.next = look
        return "; ".join(self.proof.complaints())
