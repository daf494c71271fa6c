"""The lines of a conversation, as they come in: bytes to lines, lines to events."""

import hashlib
import json
import re
from collections.abc import Iterator

from tasks.phases.event import Event

MARK = 12
NUMBER = re.compile(r"[0-9]{1,9}")
NUMBERED = ("end", "left_out")  # events whose first word is a number
LONGEST = 1 << 28  # bytes of one line: a history of that size is none


class Lines:
    """Bytes cut into lines; a line that is not finished waits for its rest."""

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._waiting = 0

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that `data` completes. Raises Gap where one has no end."""
        *lines, rest = data.split(b"\n")
        for line in lines:
            yield b"".join([*self._rest, line]).decode("utf-8", "replace")
            self._rest.clear()
            self._waiting = 0
        if rest:
            self._rest.append(rest)
            self._waiting += len(rest)
        if self._waiting > LONGEST:
            raise Gap

    def end(self) -> Iterator[str]:
        """What was left without a line end."""
        if self._rest:
            yield b"".join(self._rest).decode("utf-8", "replace")
            self._rest.clear()


class Gap(Exception):
    """A line is missing: what was reported cannot be known in full."""


class Marked:
    """Separates the host program's lines from everything else that a login prints."""

    def __init__(self, word: str) -> None:
        self._answer = hashlib.sha256(word.encode()).hexdigest()
        self._mark = self._answer[:MARK]
        self._number = 0

    def greeting(self, line: str) -> dict[str, str] | None:
        """What the first line of the host program says of itself; None for any other line."""
        answer, _, rest = line.partition(" 0 ")
        if answer[-len(self._answer) :] != self._answer:
            return None
        found = _json(rest)
        return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else None

    def event(self, line: str) -> Event:
        """One later line. Raises Gap where a line before it is missing."""
        mark, _, rest = line.partition(" ")
        number, _, text = rest.partition(" ")
        if mark != self._mark or not NUMBER.fullmatch(number):
            return Event("noise", (line,))
        self._number += 1
        if int(number) != self._number:
            raise Gap
        words = _json(text)
        if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
            return Event("noise", (line,))
        if words[0] in NUMBERED and not NUMBER.fullmatch("".join(words[1:2])):
            raise Gap
        return Event(words[0], tuple(words[1:]))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
