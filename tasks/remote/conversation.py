"""One conversation with the host program of one login: requests go in as JSON lines, events come out as JSON lines."""

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import paramiko

from tasks.errors import ReleaseError
from tasks.phases.event import Event
from tasks.remote import packing
from tasks.remote.failures import no_session
from tasks.remote.heartbeat import Heartbeat
from tasks.remote.kept import Memory
from tasks.remote.last_words import no_first_line
from tasks.remote.machine import Machine
from tasks.remote.outcome import Outcome
from tasks.remote.transport import Flight
from tasks.remote.wire import Gap, Lines, Marked

Listener = Callable[[Event], None]

FIRST_LINE = 30.0
"""Seconds from the start of the host program to its first line."""

ENDING = 2.0
"""Seconds for the exit status of a login whose output has ended: OpenSSH sends it some time later."""

_GONE = (paramiko.SSHException, EOFError, OSError)


class Conversation:
    """Opened by its first request. A link that is cut makes the outcome of a request unknown, and ends the conversation."""

    def __init__(
        self,
        connection: Any = None,
        first_line: float = FIRST_LINE,
        memory: Memory | None = None,
        machine: Machine | None = None,
    ) -> None:
        self._machine = machine or Machine()
        self._connection, self._first_line = connection, first_line
        self._memory, self._kept = memory, memory.recall() if memory else None
        self._flight: Flight | None = None
        self._ahead: dict[str, Any] | None = None
        self._channel: paramiko.Channel | None = None
        self._word = secrets.token_hex(16)
        self._marked, self._lines, self._errors = Marked(self._word), Lines(), Lines()
        self._present: set[str] = set()
        self._begun: tuple[list[str], dict[str, Any] | None] = [], None
        self._ready: list[str] = []
        self._over = threading.Event()
        self._sending = threading.Lock()
        self.busy = False
        self.greeting: dict[str, str] = {}

    @property
    def ended(self) -> bool:
        """Whether nothing can be asked any more."""
        return self._over.is_set() or (self._channel is not None and self._channel.closed)

    def ask(
        self,
        request: dict[str, Any],
        functions: list[str],
        listener: Listener,
        outcome: Outcome,
        then: tuple[dict[str, Any], list[str]] | None = None,
    ) -> None:
        """Send a request, and take its events into the outcome, until its last. Raises Unreachable when nothing was sent.

        `then` is sent at once too, and is begun only when this one goes well: its answer is read when it is asked next.
        """
        self.busy = True
        try:
            if self._flight is None:
                self.flight(functions, request)
            if self._channel is None:
                self.join(self._connection)
            self.meet()
            self._send_unless_ahead(request, functions)
            if then:
                self._send_request({**then[0], "after": True}, then[1])
            self._hear(listener, outcome)
            if then and outcome.code:  # it was not begun
                self._hear(lambda _: None, Outcome())
            elif then:
                self._ahead = then[0]
        except (*_GONE, Gap):
            self.close()
        finally:
            self.busy = False

    def meet(self) -> None:
        """Hear who answers, where that was not heard yet. Raises Unreachable for another machine, and what Paramiko does."""
        if not self.greeting:
            self._greet()

    def bring(self, nothing: dict[str, Any], functions: list[str]) -> None:
        """Send modules before the request that needs them. `nothing` asks for no step; what is asked next finds a lost link."""
        with contextlib.suppress(*_GONE):
            self._send_unless_ahead(nothing, functions)
            self._ahead = nothing

    def close(self) -> None:
        """Let go: the host program ends, and the lock that it holds is free. Not waited for."""
        self._over.set()
        if self._channel is not None:
            with contextlib.suppress(*_GONE):
                self._channel.shutdown_write()
            with contextlib.suppress(*_GONE):
                self._channel.close()

    # -- the start

    def flight(self, functions: list[str], request: dict[str, Any] | None = None) -> Flight:
        """Everything that begins it: the command, the modules, the word, and the first request where it is known by now."""
        if self._kept:
            command, program, self._present = self._kept.command, b"", set(self._kept.modules)
        else:
            program, modules = packing.first(functions)
            command, self._present = packing.command(program), set(modules)
        self._begun = functions, request
        self._ahead = request
        asked = self._with_modules(request, functions) if request else b""
        self._flight = Flight(command, program + f"{self._word}\n".encode() + asked)
        return self._flight

    def join(self, connection: Any) -> None:
        """Begin on a connection, which may have taken the flight with its login. Raises Unreachable, and what Paramiko does."""
        assert self._flight is not None
        self._connection = connection
        try:
            self._channel = connection.start(self._flight)
        except paramiko.ChannelException as refused:
            raise no_session(connection.host, refused) from None
        Heartbeat(self._channel, self._sending).start()

    def _send_unless_ahead(self, request: dict[str, Any], functions: list[str]) -> None:
        ahead, self._ahead = self._ahead, None
        if ahead == request:
            return
        if ahead:  # nobody has asked for its answer
            self._hear(lambda _: None, Outcome())
        self._send_request(request, functions)

    def _send_request(self, request: dict[str, Any], functions: list[str]) -> None:
        self._send(self._with_modules(request, functions))

    def _with_modules(self, request: dict[str, Any], functions: list[str]) -> bytes:
        packed, modules = packing.more(functions, self._present)
        self._present |= set(modules)
        return json.dumps({**request, "modules": len(packed)}).encode() + b"\n" + packed

    def _greet(self) -> None:
        """Wait for the first line. Raises Unreachable or NotReleased, with what the login printed, where it does not come."""
        printed: list[str] = []
        deadline = time.monotonic() + self._first_line
        for line in self._read(deadline):
            greeting = self._marked.greeting(line)
            if greeting is not None:
                self.greeting = greeting
                return self._judge(greeting)
            printed = [*printed[-9:], line]
        if not self._connection.transport.is_active():
            raise EOFError
        if self._kept and time.monotonic() <= deadline:
            return self._begin_whole()
        code = self._exit_status() if time.monotonic() <= deadline else None
        self.close()
        raise no_first_line(self._connection.user, self._connection.host, printed, code, self._first_line)

    def _begin_whole(self) -> None:
        """The host has not kept what is remembered, or its interpreter is another one: nothing was run."""
        assert self._channel is not None
        self._exit_status()
        self._channel.close()  # some hosts allow one session
        self._kept, self._lines, self._errors = None, Lines(), Lines()
        self.flight(*self._begun)
        self.join(self._connection)
        self._greet()

    def _judge(self, greeting: dict[str, str]) -> None:
        try:
            self._machine.judge(self._connection.host, greeting)
        except ReleaseError:
            self.close()
            raise

    def _exit_status(self) -> int | None:
        """That of a login whose output has ended; None where it does not come."""
        assert self._channel is not None
        deadline = time.monotonic() + ENDING
        while not self._channel.exit_status_ready():
            if time.monotonic() > deadline:
                return None
            time.sleep(0.02)
        return self._channel.exit_status

    # -- lines

    def _hear(self, listener: Listener, outcome: Outcome) -> None:
        for line in self._read(None):
            event = self._marked.event(line)
            outcome.take(event)
            if event.kind == "end":
                break
            listener(event)
        else:
            self._over.set()
        if self._memory and "kept" in outcome.facts:
            self._memory.take(outcome.facts["kept"], self._present)
        if outcome.code and not outcome.failure:
            outcome.failure = f"the host program ended the phase with {outcome.code}"

    def _read(self, deadline: float | None) -> Iterator[str]:
        """Lines as they come in, until the program ends or the deadline. Its stderr comes as lines too: they are noise."""
        assert self._channel is not None
        self._channel.settimeout(0.2)
        while True:
            while self._ready:
                yield self._ready.pop(0)
            if deadline is not None and time.monotonic() > deadline:
                return
            with contextlib.suppress(TimeoutError):
                data = self._channel.recv(65536)
                self._ready.extend(self._lines.feed(data))
                self._hear_errors()
                if not data:
                    yield from (*self._ready, *self._lines.end(), *self._errors.end())
                    self._ready.clear()
                    return

    def _hear_errors(self) -> None:
        assert self._channel is not None
        while self._channel.recv_stderr_ready():
            self._ready.extend(self._errors.feed(self._channel.recv_stderr(65536)))

    def _send(self, data: bytes) -> None:
        assert self._channel is not None
        with self._sending:
            self._channel.sendall(data)
