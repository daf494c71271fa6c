"""A conversation with a host program of this machine, over pipes: what was asked, and the events that came back."""

import json
import os
import select
import signal
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tasks.config.models import Environment
from tasks.phases.event import Event
from tasks.phases.step import Phase
from tasks.remote import run as values
from tasks.remote.request import request
from tasks.remote.wire import Lines, Marked

SECONDS = 300  # for one event; a machine may be busy


@dataclass(frozen=True)
class Run:
    """The values of a run and what its next phase is about, flat, so that a test can replace any."""

    id: str
    by: str
    verb: str
    what: str
    ref: str = ""
    commit: str = ""
    release: str = ""
    path: str = ""
    live_at_start: str = ""
    put_back: str = ""

    def request(self, phase: Phase, environment: Environment) -> dict[str, Any]:
        """What is sent to a host."""
        release = values.Release(self.release, self.ref, self.commit)
        about = values.About(release, self.path, self.live_at_start, self.put_back)
        return request(phase, environment, values.Run(self.id, self.by, self.verb, self.what), about)


@dataclass(frozen=True)
class Ran:
    """A phase that has ended."""

    code: int
    events: tuple[Event, ...]
    stderr: str = ""

    def all(self, kind: str) -> list[tuple[str, ...]]:
        """The words of every event of a kind."""
        return [event.words for event in self.events if event.kind == kind]

    def texts(self, kind: str) -> str:
        """The words of every event of a kind, as one text to look in."""
        return "\n".join(" ".join(words) for words in self.all(kind))

    @cached_property
    def facts(self) -> dict[str, str]:
        """What the phase reported, the last value of each fact."""
        return {key: value for key, value in self.all("fact")}

    @property
    def failure(self) -> str:
        """What went wrong."""
        return " ".join(words[0] for words in self.all("fail")[:1])

    @property
    def steps(self) -> list[str]:
        """The steps that were done."""
        return [words[1] for words in self.all("step") if words[0] == "done"]


class Talk:
    """A host program at work. Leaving the block ends it, if it has not ended."""

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int, word: str) -> None:
        self.pid, self._stdin, self._stdout, self._stderr = pid, stdin, stdout, stderr
        self._lines, self._marked = Lines(), Marked(word)
        self._ready: list[str] = []
        self.greeting: dict[str, str] | None = None
        self.events: list[Event] = []
        self._status: int | None = None

    def __enter__(self) -> "Talk":
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)
            self._reap()
        self.leave()
        os.close(self._stderr)

    def ask(self, request: dict[str, Any]) -> None:
        """Send a request."""
        self.send(json.dumps(request).encode() + b"\n")

    def send(self, data: bytes) -> None:
        """Send any bytes."""
        while data:
            data = data[os.write(self._stdin, data) :]

    def until(self, kind: str, *words: str) -> Event:
        """Read on to the first event that starts with these words."""
        while (event := self._next()) is not None:
            if event.kind == kind and event.words[: len(words)] == words:
                return event
        raise AssertionError(f"ended without {kind} {words}: {self.events[-5:]} {self._errors()}")

    def answer(self) -> Ran:
        """Read to the end of the phase; the program goes on."""
        began = len(self.events)
        while (event := self._next()) is not None:
            if event.kind == "end":
                return Ran(int(event.words[0]), tuple(self.events[began:-1]), self._errors())
        return Ran(self._reap(), tuple(self.events[began:]), self._errors())

    def hang_up(self) -> None:
        """Let go of the program's stdin."""
        if self._stdin >= 0:
            os.close(self._stdin)
            self._stdin = -1

    def leave(self) -> None:
        """Let go of both ends, as a workstation whose link was cut."""
        self.hang_up()
        if self._stdout >= 0:
            os.close(self._stdout)
            self._stdout = -1

    def end(self) -> Ran:
        """Read to the end of the phase at work, let go of stdin, and wait for the program to end. All events so far."""
        over = any(event.kind == "end" for event in self.events[-1:])
        done = Ran(0, ()) if over else self.answer()
        self.hang_up()
        while self._next() is not None:
            pass
        code = self._reap()
        ends = [int(event.words[0]) for event in self.events if event.kind == "end"]
        events = tuple(event for event in self.events if event.kind != "end")
        return Ran(ends[-1] if ends else done.code or code, events, self._errors())

    def _next(self) -> Event | None:
        deadline = time.monotonic() + SECONDS
        while not self._ready:
            assert select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))[0], self.events[-5:]
            data = os.read(self._stdout, 65536)
            if not data:
                return None
            self._ready.extend(self._lines.feed(data))
        line = self._ready.pop(0)
        if self.greeting is None:
            self.greeting = self._marked.greeting(line)
            if self.greeting is not None:
                return self._next()
        event = self._marked.event(line)
        self.events.append(event)
        return event

    def _reap(self) -> int:
        if self._status is None:
            self.hang_up()
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status

    def _errors(self) -> str:
        size = os.fstat(self._stderr).st_size
        return os.pread(self._stderr, size, 0).decode("utf-8", "replace")
