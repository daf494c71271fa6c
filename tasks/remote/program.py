"""One program on one channel of one host, followed to its end."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import paramiko

from tasks.errors import Unreachable
from tasks.shell.events import Event, Lines, parse

Listener = Callable[[Event], None]

OPEN_TIMEOUT = 15.0
"""Seconds to open a channel: on a dead link Paramiko alone would wait an hour."""

FOLLOW_AGAIN = 75
"""What a program exits with that followed a job, and was killed itself (lib/job.sh)."""

EXIT_TIMEOUT = 10.0
"""Seconds between the end of a program's output and its exit status."""

START_UP_FILES = (
    "look on the host at what this login starts: ~/.bashrc and the other start-up files of its shell, the shell itself"
    " (getent passwd), command= in ~/.ssh/authorized_keys, ForceCommand in sshd_config"
)


@dataclass(slots=True)
class Outcome:
    """What became of a program: ok, failed or unknown, and what it told on the way."""

    code: int | None = None
    began: bool = False
    ended: bool = False
    facts: dict[str, str] = field(default_factory=dict)
    swapped: bool = False
    step: str = ""
    failure: str = ""
    next: str = ""
    tail: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    seen: int = 0

    @property
    def status(self) -> str:
        """`ok`, `failed`, or `unknown`: the program reported no end, and the link was cut or its exit status says nothing."""
        if self.code is None:
            return "unknown"
        if self.code or not self.began:
            return "failed"
        return "ok" if self.ended else "unknown"

    @property
    def never_began(self) -> bool:
        """Whether the login ended without one event of the program: it ran something else, or hides the program's output."""
        return self.code is not None and not self.began

    def take(self, event: Event) -> None:
        """Remember what a caller may ask for."""
        first = event.word(0)
        self.seen += event.kind not in ("noise", "began")
        self.began = self.began or event.kind != "noise"
        match event.kind:
            case "ended":
                self.ended = True
            case "fact":
                self.facts[first] = event.word(1)
            case "swapped":
                self.swapped = True
            case "step":
                self.step = event.word(1)
            case "fail":
                self.failure, self.next = self.failure or first, self.next or event.word(1)
            case "check" | "pending":
                self.events.append(event)
            case _:
                self._hear(event)

    def _hear(self, event: Event) -> None:
        first = event.word(0)
        match event.kind:
            case "tail":
                self.tail.append(f"{first} | {event.word(1)}")
            case "text":
                self.texts.append(first)
            case "noise":
                self.noise = [*self.noise[-19:], first]


def send(connection: Any, command: str) -> paramiko.Channel:
    """Start a command on a channel of its own.

    Raises Unreachable when the host refuses it one, else what Paramiko raises: SSHException, EOFError or OSError.
    """
    try:
        channel: paramiko.Channel = connection.transport.open_session(timeout=OPEN_TIMEOUT)
    except paramiko.ChannelException as refused:
        raise Unreachable(
            f"{connection.host} refuses another session on the same connection ({refused.text})",
            next="MaxSessions in its sshd_config: 4 or more; 10 is the default",
        ) from None
    channel.exec_command(command)
    return channel


def run(connection: Any, command: str, nonce: str, listener: Listener, outcome: Outcome | None = None) -> Outcome:
    """Run a program to its end, its stdin held open until then.

    A link that is cut gives an outcome that is unknown, never an exception. An outcome that is given is gone on with.
    """
    outcome = outcome or Outcome()
    outcome.began = False
    try:
        channel = send(connection, command)
    except (paramiko.SSHException, EOFError, OSError):
        return outcome
    try:
        for event in follow(channel, nonce):
            outcome.take(event)
            listener(event)
        conclude(outcome, channel, connection.user)
    finally:
        channel.close()
    return outcome


def conclude(outcome: Outcome, channel: paramiko.Channel, user: str) -> None:
    """Take the exit status of a program that `user` was sent and whose output has ended, and name a failure it did not."""
    outcome.code = exit_code(channel)
    if outcome.never_began:
        outcome.failure = f"the login of {user} ended with {outcome.code}, and did not run what was sent to it"
        outcome.next = START_UP_FILES
    elif outcome.code and not outcome.failure:
        outcome.failure = f"the program ended with {outcome.code}" + (f": {outcome.noise[-1]}" if outcome.noise else "")


def follow(channel: paramiko.Channel, nonce: str) -> Iterator[Event]:
    """Events as they come in, until the program closes its output or the link is gone. Its stderr is noise."""
    out, err = Lines(), Lines()
    channel.settimeout(0.2)
    ended = False
    while not ended:
        try:
            data = channel.recv(65536)
            ended = not data
            yield from (parse(line, nonce) for line in out.feed(data) if line)
        except TimeoutError:
            pass
        while channel.recv_stderr_ready():
            yield from (Event("noise", (line,)) for line in err.feed(channel.recv_stderr(65536)))
    yield from (Event("noise", (line,)) for line in (*out.end(), *err.end()))  # half a line is no event


def exit_code(channel: paramiko.Channel) -> int | None:
    """The program's exit code; None when none came, as the link was cut, and when what follows a job has ended before it."""
    deadline = time.monotonic() + EXIT_TIMEOUT
    while not channel.exit_status_ready() and time.monotonic() < deadline and not channel.closed:
        channel.status_event.wait(0.1)
    code = channel.exit_status if channel.exit_status_ready() else -1
    return code if code >= 0 and code != FOLLOW_AGAIN else None
