"""What of a job's events file is passed on. The commands of a build are the same user's as the job, and could write there too.

So nothing counts there but what a job may report: a fact in its form, as it was first written; of failures the last, when it is
over. What is left out is counted: a job is followed again from a number of events.
"""

from __future__ import annotations

import json
import re
from typing import IO, Iterator

from tasks.host import releases
from tasks.host.run import Run
from tasks.host.wire import Wire

KINDS = {"step": 2, "lane": 3, "line": 2, "tail": 2, "note": 1, "warn": 1, "fact": 2, "fail": 2}
"""The kinds of a job's events, and how many words each has at least."""

BEFORE = {"lost_lock", "busy_run"}  # facts of a job that begins nothing
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class JobEvents:
    """The events of one job, from its file to the wire."""

    def __init__(self, run: Run, wire: Wire, file: IO[bytes], seen: int) -> None:
        self._run, self._wire, self._file, self._seen = run, wire, file, seen
        self._rest = b""
        self._facts: set[str] = set()
        self._commands = False  # whether commands of the build have been started
        self._failure: list[str] = []

    def pass_on(self) -> None:
        """Pass on what has been written since."""
        for line in self._lines():
            event = _event(line)
            passed = self._take(event)
            if self._seen:
                self._seen -= 1
            elif passed:
                self._wire.put(line, optional=event[0] == "line")
            else:
                self._wire.put('["left_out", "1"]')

    def end(self, code: int) -> None:
        """The job is over: why it failed, in its last words."""
        if code and self._failure:
            self._wire.put(json.dumps(self._failure))

    def _take(self, event: list[str]) -> bool:
        """Whether an event is to be passed on now."""
        kind = event[0] if event else ""
        self._commands = self._commands or kind == "lane"
        if kind == "fail":
            self._failure = event
        elif kind == "fact":
            return self._is_new(*event[1:3])
        return kind in KINDS and kind != "fail"

    def _is_new(self, key: str, value: str) -> bool:
        if key in self._facts or not self._may_be(key, value):
            return False
        self._facts.add(key)
        return True

    def _may_be(self, key: str, value: str) -> bool:
        if key == "release":
            return value == self._run.release or (not self._run.release and releases.is_name(self._run, value))
        return COMMIT.fullmatch(value) is not None if key == "commit" else key in BEFORE and not self._commands

    def _lines(self) -> Iterator[str]:
        """The lines that have been finished since."""
        for piece in self._file:
            line, self._rest = self._rest + piece, b""
            if not line.endswith(b"\n"):
                self._rest = line
            elif line != b"\n":  # a line that a full disk cut short is ended so
                yield line[:-1].decode("utf-8", "replace")


def _event(line: str) -> list[str]:
    """A kind and its words; nothing where the line is no event of a job."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        return []
    return found if found and len(found) > KINDS.get(found[0], len(found)) else []
