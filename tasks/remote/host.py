"""One host of an environment: at most one connection per user, and one conversation on each."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import paramiko
from fabric.config import Config

from tasks.phases.event import Event
from tasks.phases.step import Phase
from tasks.remote.connection import connect
from tasks.remote.conversation import Conversation
from tasks.remote.kept import Memory
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
        self._log_in = partial(connect, environment, address, fabric_config=config, known_as=known_as)
        self._listener = listener
        self._connections: dict[str, Any] = {}
        self._conversations: dict[str, Conversation] = {}
        self._opening: list[Any] = []
        self._began = 0.0
        self._generation = 0
        self.facts: Mapping[str, str] = {}
        """What the phase that runs now, or ran last, has reported so far."""
        self.machine = Machine()

    def connect(self, *, as_service_user: bool = False, flight: Flight | None = None) -> Any:
        """The connection of the release user, or of the service user; opened once. Raises Unreachable."""
        user = self._user(as_service_user)
        if user not in self._connections:
            connection = self._log_in(user, opening=self._opening.append, flight=flight)
            self._connections[user] = connection
            with contextlib.suppress(ValueError):
                self._opening.remove(connection)
        return self._connections[user]

    def begin_with(self, phase: Phase, run: Run, *, ask: bool = True) -> None:
        """Log in, and start the conversation for this phase, which is asked for next: its answer is on its way by then.

        Without `ask`, it is not sent yet. Raises Unreachable.
        """
        user = self._user(phase.as_service_user)
        if user not in self._connections:
            self._first(phase, request(phase, self.environment, run, NOTHING) if ask else None)

    def bring(self, phase: Phase, run: Run) -> None:
        """Send the modules of a phase that is asked for later, where its user has logged in."""
        conversation = self._conversations.get(self._user(phase.as_service_user))
        if conversation and not conversation.ended:
            nothing = phase._replace(steps=(), kind="plain")
            conversation.bring(request(nothing, self.environment, run, NOTHING), functions(phase))

    @property
    def connected(self) -> bool:
        """Whether the release user's connection was opened."""
        return self.environment.release_user in self._connections

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
        with contextlib.suppress(LookupError):  # Ctrl-C closes while another thread opens or closes
            while self._conversations:
                self._conversations.popitem()[1].close()
        with contextlib.suppress(LookupError):
            while self._connections:
                self._connections.popitem()[1].close()
        with contextlib.suppress(LookupError):
            while self._opening:
                self._opening.pop().close()

    def let_go(self) -> None:
        """End the release user's conversation, and with it the lock that it holds."""
        if conversation := self._conversations.pop(self.environment.release_user, None):
            conversation.close()

    def _ask(
        self,
        phase: Phase,
        run: Run,
        about: About,
        listener: Callable[[Event], None],
        outcome: Outcome,
        then: Next | None = None,
    ) -> None:
        asked, self.facts = request(phase, self.environment, run, about), outcome.facts
        if self._user(phase.as_service_user) not in self._connections:
            self._first(phase, asked)
        conversation = self._conversation(phase)
        following = (request(then[0], self.environment, run, then[1]), functions(then[0])) if then else None
        conversation.ask(asked, functions(phase), listener, outcome, following)

    def _first(self, phase: Phase, asked: dict[str, Any] | None) -> None:
        """Log in, with the start of a conversation in the same flight."""
        conversation = Conversation(memory=self._memory(phase), machine=self.machine)
        flight = conversation.flight(functions(phase), asked)
        connection = self.connect(as_service_user=phase.as_service_user, flight=flight)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):  # the first phase finds the link lost
            conversation.join(connection)
            self._conversations[self._user(phase.as_service_user)] = conversation
            conversation.meet()

    def _conversation(self, phase: Phase) -> Conversation:
        """The one of the login; one more, for this phase alone, while that is busy with another phase."""
        connection = self.connect(as_service_user=phase.as_service_user)
        user = self._user(phase.as_service_user)
        known = self._conversations.get(user)
        if known is not None and known.busy and not known.ended:
            return Conversation(connection, machine=self.machine)
        if known is None or known.ended:
            known = self._conversations[user] = Conversation(connection, memory=self._memory(phase), machine=self.machine)
        return known

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
