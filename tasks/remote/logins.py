"""The logins of one host: one connection for each user, opened once, and the conversations on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import paramiko

from tasks.phases.event import Event
from tasks.remote.conversation import Conversation
from tasks.remote.failures import NoSession
from tasks.remote.kept import Memory
from tasks.remote.machine import Machine
from tasks.remote.outcome import Outcome
from tasks.remote.transport import Flight


class LogIn(Protocol):
    """Opens a connection of a user; `opening` gets it before it is open. Raises Unreachable."""

    def __call__(self, user: str, *, opening: Callable[[Any], None], flight: Flight | None) -> Any: ...


class Asked(NamedTuple):
    """A request with the functions that it needs."""

    request: dict[str, Any]
    functions: list[str]


class Logins:
    """Of one host. Another thread may close them at any time."""

    def __init__(self, log_in: LogIn) -> None:
        self._log_in = log_in
        self._connections: dict[str, Any] = {}
        self._conversations: dict[str, Conversation] = {}
        self._beside: dict[str, Conversation] = {}
        self._opening: list[Any] = []
        self.machine = Machine()

    def __contains__(self, user: str) -> bool:
        return user in self._connections

    def connect(self, user: str, flight: Flight | None = None) -> Any:
        """The connection of this user. Raises Unreachable."""
        if user not in self._connections:
            connection = self._log_in(user, opening=self._opening.append, flight=flight)
            self._connections[user] = connection
            with contextlib.suppress(ValueError):
                self._opening.remove(connection)
        return self._connections[user]

    def first(self, user: str, memory: Memory | None, functions: list[str], request: dict[str, Any] | None) -> None:
        """Log in, with the start of a conversation in the same flight. Raises Unreachable."""
        conversation = Conversation(memory=memory, machine=self.machine)
        connection = self.connect(user, conversation.flight(functions, request))
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):  # the first phase finds the link lost
            conversation.join(connection)
            self._conversations[user] = conversation
            conversation.meet()

    def bring(self, user: str, asked: Asked) -> None:
        """Send modules, where the user has logged in."""
        conversation = self._conversations.get(user)
        if conversation and not conversation.ended:
            conversation.bring(*asked)

    def ask(
        self,
        user: str,
        memory: Memory | None,
        asked: Asked,
        listener: Callable[[Event], None],
        outcome: Outcome,
        then: Asked | None = None,
    ) -> None:
        """Send a request, and hear its events, in the conversation of the login. Raises Unreachable."""
        if user not in self:
            self.first(user, memory, asked.functions, asked.request)
        known = self._conversations.get(user)
        if known is not None and known.busy and not known.ended:
            self._ask_beside(user, asked, listener, outcome)
            return
        if known is None or known.ended:
            known = self._conversations[user] = Conversation(self.connect(user), memory=memory, machine=self.machine)
        known.ask(*asked, listener, outcome, then)

    def _ask_beside(self, user: str, asked: Asked, listener: Callable[[Event], None], outcome: Outcome) -> None:
        """In another session, while the first one is busy; by one more login, where the host refuses another session."""
        beside = self._beside.get(user)
        if beside is None or beside.busy or beside.ended:
            beside = Conversation(self.connect(user), machine=self.machine)
        try:
            beside.ask(*asked, listener, outcome)
        except NoSession:
            connection = self._log_in(user, opening=self._opening.append, flight=None)  # closed as one that is opening
            beside = Conversation(connection, machine=self.machine)
            beside.ask(*asked, listener, outcome)
        self._beside[user] = beside

    def let_go(self, user: str) -> None:
        """End the conversation of this user."""
        if conversation := self._conversations.pop(user, None):
            conversation.close()

    def close(self) -> None:
        """Close every conversation and every connection, those that are just being opened too."""
        for opened in (self._conversations, self._beside, self._connections):
            with contextlib.suppress(LookupError):  # Ctrl-C closes while another thread opens or closes
                while opened:
                    opened.popitem()[1].close()
        with contextlib.suppress(LookupError):
            while self._opening:
                self._opening.pop().close()
