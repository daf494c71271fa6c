r"""The lines that a program prints, read as events.

A line is `NONCE<TAB>kind<TAB>word...`, with \\, \t, \n and \r escaped in words. The nonce is new for every run, so nothing
that a command prints can pass for an event; a line without it is `noise`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPE = re.compile(r"\\(.)")
_PLAIN = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Event:
    """What happened on a host.

    kind      words
    step      start NAME | done NAME MILLISECONDS
    lane      start LABEL COMMAND | done LABEL COMMAND MILLISECONDS
    line      LABEL TEXT            the newest line of output, now and then
    tail      LABEL TEXT            one of the last lines of what failed
    fact      KEY VALUE
    check     ok|warn|FAIL TEXT NEXT
    swapped   NAME FROM             the live link has moved
    note, warn, text, noise         TEXT
    fail      WHAT NEXT
    locked, pending
    began                           the program runs, whatever the login printed before it
    ended                           its last step is done; without it no phase is ok
    """

    kind: str
    words: tuple[str, ...]

    def word(self, index: int) -> str:
        """The word at index, "" where the line was shorter."""
        return self.words[index] if index < len(self.words) else ""


def parse(line: str, nonce: str) -> Event:
    """One line, without its end, as an event."""
    mark, _, rest = line.partition("\t")
    if mark != nonce or not rest:
        return Event("noise", (line,))
    kind, *words = rest.split("\t")
    return Event(kind, tuple(_ESCAPE.sub(lambda found: _PLAIN.get(found[1], found[0]), word) for word in words))


class Lines:
    """Bytes as they come in, cut into lines; a line that is not finished waits for its rest."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that `data` completes."""
        *lines, rest = (self._rest + data).split(b"\n") if b"\n" in data else (self._rest + data,)
        self._rest = bytearray(rest)
        for line in lines:
            yield line.decode("utf-8", "replace")

    def end(self) -> Iterator[str]:
        """What was left without a line end."""
        if self._rest:
            yield self._rest.decode("utf-8", "replace")
            self._rest = bytearray()
