"""One host of an environment: at most one connection per user, and one conversation on each."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fabric.config import Config

from tasks.phases.event import Event
from tasks.phases.step import Phase
from tasks.remote.connection import connect
from tasks.remote.kept import Memory
from tasks.remote.logins import Asked, Logins
from tasks.remote.machine import Machine
from tasks.remote.outcome import Outcome
from tasks.remote.request import functions, request
from tasks.remote.run import NOTHING, About, Run
from tasks.remote.transport import Flight

if TYPE_CHECKING:
    from tasks.config.models import Environment

HostListener = Callable[[str, Event], None]
Texts = Callable[[str], None]
Next = tuple[Phase, About]

_OF_A_LOCK = frozenset({"note", "warn", "noise"})


class Host:
    """One address, its connections, and what is asked of it. Its events go to the listener; known_hosts has it `known_as`."""

    def __init__(
        self, environment: Environment, address: str, config: Config, listener: HostListener, known_as: str | None = None
    ) -> None:
        self.environment = environment
        self.address = address
        self._logins = Logins(partial(connect, environment, address, fabric_config=config, known_as=known_as))
        self._listener = listener
        self._began = 0.0
        self._generation = 0
        self.facts: Mapping[str, str] = {}
        """What the phase that runs now, or ran last, has reported so far."""

    @property
    def machine(self) -> Machine:
        """What answers there."""
        return self._logins.machine

    def connect(self, *, as_service_user: bool = False, flight: Flight | None = None) -> Any:
        """The connection of the release user, or of the service user; opened once. Raises Unreachable."""
        return self._logins.connect(self._user(as_service_user), flight)

    def begin_with(self, phase: Phase, run: Run, *, ask: bool = True) -> None:
        """Log in, and start the conversation for this phase, which is asked for next: its answer is on its way by then.

        Without `ask`, it is not sent yet. Raises Unreachable.
        """
        user = self._user(phase.as_service_user)
        if user not in self._logins:
            asked = request(phase, self.environment, run, NOTHING) if ask else None
            self._logins.first(user, self._memory(phase), functions(phase), asked)

    def bring(self, phase: Phase, run: Run) -> None:
        """Send the modules of a phase that is asked for later, where its user has logged in."""
        nothing = phase._replace(steps=(), kind="plain")
        asked = Asked(request(nothing, self.environment, run, NOTHING), functions(phase))
        self._logins.bring(self._user(phase.as_service_user), asked)

    @property
    def connected(self) -> bool:
        """Whether the release user's connection was opened."""
        return self.environment.release_user in self._logins

    def reconnect(self) -> None:
        """Forget the connections, and open a new one of the release user. Raises Unreachable."""
        self.close()
        self.machine.lost()
        self.connect()

    def run(
        self, phase: Phase, run: Run, about: About = NOTHING, texts: Texts | None = None, then: Next | None = None
    ) -> Outcome:
        """Ask for one phase, and follow it to its end; each `text` goes to `texts` and is not kept, where that is given.

        `then` is what will be asked for next on the same login when it goes well: it is sent at once, and its answer not heard.

        A link that is lost on the way is an unknown outcome. Raises Unreachable when nothing could be sent.
        """
        outcome = Outcome()
        hear = self._hearing()

        def passed_on(event: Event) -> None:
            if texts and event.kind == "text":
                texts(event.word(0))
                outcome.texts.clear()
            else:
                hear(event)

        self._ask(phase, run, about, passed_on, outcome, then)
        return outcome

    def go_on(self, follow: Phase, run: Run, outcome: Outcome) -> None:
        """Go on with the outcome of a job: `follow` reports what came since. Raises Unreachable."""
        self._ask(follow, run, NOTHING, self._hearing(), outcome)

    def lock(self, phase: Phase, run: Run) -> Lock:
        """The lock of a run, to be entered. Why it was refused is in its outcome, and is not shown. Raises Unreachable."""
        return Lock(self, phase, run)

    def begin(self, phase: Phase) -> None:
        """Show that a phase begins."""
        self._report("phase", "start" if phase.loud else "quiet", phase.name, *(step.name for step in phase.steps))
        self._began = time.monotonic()

    def end(self, phase: Phase, outcome: Outcome) -> None:
        """Show that a phase is over, or given up."""
        status = "done" if outcome.status == "ok" else outcome.status
        self._report("phase", status, phase.name, str(int((time.monotonic() - self._began) * 1000)))

    def note(self, text: str) -> None:
        """Show a line about this host."""
        self._report("note", text)

    def warn(self, text: str) -> None:
        """Show what went wrong without being a failure."""
        self._report("warn", text)

    def abandon(self) -> None:
        """What runs now is left to itself: its events are not shown any more."""
        self._generation += 1

    def close(self) -> None:
        """Close every conversation and every connection, those that are just being opened too."""
        self._logins.close()

    def let_go(self) -> None:
        """End the release user's conversation, and with it the lock that it holds."""
        self._logins.let_go(self.environment.release_user)

    def _ask(
        self,
        phase: Phase,
        run: Run,
        about: About,
        listener: Callable[[Event], None],
        outcome: Outcome,
        then: Next | None = None,
    ) -> None:
        self.facts = outcome.facts
        asked = Asked(request(phase, self.environment, run, about), functions(phase))
        following = Asked(request(then[0], self.environment, run, then[1]), functions(then[0])) if then else None
        self._logins.ask(self._user(phase.as_service_user), self._memory(phase), asked, listener, outcome, following)

    def _memory(self, phase: Phase) -> Memory | None:
        """Of what the release user's program has kept; the service user keeps nothing on a host."""
        environment = self.environment
        place = (self.address, environment.port, environment.release_user, environment.builds_dir, environment.live_link)
        return None if phase.as_service_user else Memory(*place)

    def _user(self, as_service_user: bool) -> str:
        return self.environment.service_user if as_service_user else self.environment.release_user

    def _hearing(self) -> Callable[[Event], None]:
        """A listener for one phase, until it is abandoned.

        A phase that is refused because this run has lost its lock has not failed: it is sent again.
        """
        generation, refused = self._generation, False

        def hear(event: Event) -> None:
            nonlocal refused
            refused = refused or (event.kind == "fact" and event.word(0) == "lost_lock")
            if not refused and generation == self._generation:
                self._hear(event)

        return hear

    def _hear(self, event: Event) -> None:
        self._listener(self.address, event)

    def _report(self, kind: str, *words: str) -> None:
        self._hear(Event(kind, words))


class Lock:
    """Taken on entering, let go on leaving. `outcome` has the facts of the host under the lock, or why it was refused."""

    def __init__(self, host: Host, phase: Phase, run: Run) -> None:
        self._host, self._phase, self._run = host, phase, run
        self.outcome = Outcome()

    @property
    def held(self) -> bool:
        """Whether it was taken."""
        return self.outcome.status == "ok"

    def __enter__(self) -> Self:
        hear = self._host._hearing()
        self._host._ask(
            self._phase, self._run, NOTHING, lambda event: hear(event) if event.kind in _OF_A_LOCK else None, self.outcome
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.held:
            self._host.let_go()
