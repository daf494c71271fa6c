"""A Host and a Lock whose connections and programs are a stand-in's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Self

from fabric.config import Config

from tasks.config.models import Environment
from tasks.errors import Unreachable
from tasks.phases.step import Phase
from tasks.remote.host import Host, HostListener, Lock, Next
from tasks.remote.outcome import Outcome
from tasks.remote.run import NOTHING, About, Run
from tests.unit.flow.stand_in import CUT, Answer, StandIn


class Held(Lock):
    """A lock that was asked for, and is held when that went well."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """It is let go."""


class FakeHost(Host):
    """A Host whose connections and programs are a stand-in's; what it shows is real."""

    def __init__(
        self,
        there: StandIn,
        environment: Environment,
        address: str,
        config: Config,
        listener: HostListener,
        known_as: str | None = None,
    ) -> None:
        super().__init__(environment, address, config, listener, known_as)
        self._there = there
        self._connections: dict[str, _Open] = {}

    def connect(self, *, as_service_user: bool = False, flight: object = None) -> Any:  # noqa: ARG002
        """As Host.connect; an answer "login" or "service login" that is an error is raised."""
        name = "service login" if as_service_user else "login"
        if name not in self._connections:
            self._there.logins.append(name)
            answers = self._there.answers.get(name)
            if self._there.away or answers:
                problem = answers.pop(0) if answers else Unreachable(f"{self.address}: no answer within 10 s")
                raise problem if isinstance(problem, BaseException) else _after(problem)
            self._connections[name] = _Open(self.address)
        return self._connections[name]

    def begin_with(self, phase: Phase, run: Run, *, ask: bool = True) -> None:  # noqa: ARG002
        self.connect(as_service_user=phase.as_service_user)

    def bring(self, phase: Phase, run: Run) -> None:
        """Nothing travels."""

    @property
    def connected(self) -> bool:
        return bool(self._connections)

    def reconnect(self) -> None:
        self._there.reconnected += 1
        self._connections.clear()
        self.connect()

    def run(
        self,
        phase: Phase,
        run: Run,
        about: About = NOTHING,
        texts: Callable[[str], None] | None = None,
        then: Next | None = None,
    ) -> Outcome:
        if then:
            self._there.together.append((phase.name, then[0].name))
        was_connected = self.connected
        if self._there.away and was_connected:
            return replace(CUT, facts={})
        self.connect(as_service_user=phase.as_service_user)
        outcome = self._there.run(phase, run, about)
        self.facts = outcome.facts
        if texts:
            for text in outcome.texts:
                texts(text)
        return outcome

    def go_on(self, follow: Phase, run: Run, outcome: Outcome) -> None:
        self.connect()
        came = self._there.run(follow, run)
        outcome.code, outcome.failure, outcome.next = came.code, came.failure, came.next
        outcome.facts.update(came.facts)
        self.facts = outcome.facts
        outcome.seen += came.seen

    def lock(self, phase: Phase, run: Run) -> Lock:
        self.connect()
        return Held(self._there.run(phase, run))

    def abandon(self) -> None:
        super().abandon()
        self._there.abandoned += 1

    def close(self) -> None:
        self._there.closed += 1
        self._there.over.set()
        self._connections.clear()


class _Open:
    def __init__(self, name: str) -> None:
        self.names = (name,)

    def close(self) -> None:
        """Nothing is open."""


def _after(answer: Answer) -> Unreachable:
    """What a login comes to once a test's part in it is over."""
    assert callable(answer)
    answer()
    return Unreachable("web1: no answer within 10 s")
