"""What must not be seen: secrets, replaced in whatever a command, a service or a page has printed.

A secret is found as it is written, wrapped over lines, and as JSON, HTML, URLs and base64 write it.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from typing import Iterable, Iterator

from tasks.host.masking.views import BLANKS, CUT_SHORT, View, views

SHORTEST, LONGEST = 8, 1024  # characters of a value that is masked; bytes of one: a longer one is masked in pieces of this size
HEAD = 4  # bytes by which the values that may begin somewhere are found
FEW = 100  # beginnings that are looked for one by one: many are found faster in one pass
FAR = 1 << 20  # bytes: what may be the beginning of a wrapped value is held back no longer
DOTS = re.compile(rb"(?<!\.)\.\.\.(?!\.)|\xe2\x80\xa6")  # after a beginning of something that was cut
IN_BASE64 = re.compile(rb"[\w+/-]{11,}\Z", re.ASCII)
BASE64 = re.compile(rb"[\w+/-]{11,}(?:\r?\n[ \t]*[\w+/-]+)*", re.ASCII)
ESCAPED_BASE64 = re.compile(rb"\\/|%(?:25)*(?:2[bBfF]|3[dD])")
STANDARD = bytes.maketrans(b"-_", b"+/")
LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
ASCII, ANYTHING = re.compile(rb"[\t\n\r -~]{8,}"), re.compile(rb"[\s\S]+")


class Mask:
    """Replaces secrets. One index by their first bytes serves any number of them."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: set[bytes] = set()  # without their blanks
        self._of_words: set[bytes] = set()
        for value in values:
            encoded = _encoded(value)
            text = BLANKS.sub(b"", encoded)
            if len(value) >= SHORTEST and len(text) >= HEAD:
                pieces = [text[at : at + LONGEST] for at in range(0, len(text), LONGEST)] if len(text) > LONGEST else [text]
                pieces[-1] = text[-LONGEST:]
                self._values.update(pieces)
                self._of_words.update(pieces if len(encoded.split()) > 1 else ())
        self._sorted = sorted(self._values)
        self._longest = max(map(len, self._values), default=0)
        self._plain = ANYTHING if any(max(text) > 126 for text in self._values) else ASCII
        lengths: dict[bytes, set[int]] = {}
        for text in self._values:
            lengths.setdefault(text[:HEAD], set()).add(len(text))
        self._lengths = {head: sorted(each, reverse=True) for head, each in lengths.items()}

    def __call__(self, data: bytes) -> bytes:
        """The same output, each value replaced by ****."""
        return _replaced(data, self._found(data))

    def begin(self, data: bytes, piece: int) -> tuple[bytes, bytes]:
        """What can be passed on before more has come, masked, and the rest: whole lines, and of a line over `piece` a part."""
        at = data.rfind(b"\n") + 1
        if len(data) - at > piece:
            at = len(data)
        if not at:
            return b"", data
        found = self._found(data)
        at = min(at, self._unfinished(data)) if len(data) < FAR else at
        for begin, end in reversed(found):
            at = begin if begin < at < end else at
        line = data.rfind(b"\n", 0, at) + 1
        at = at if at - line > piece else line
        return _replaced(data[:at], [place for place in found if place[1] <= at]), data[at:]

    def _found(self, data: bytes) -> list[tuple[int, int]]:
        """Where values are, in order; those that overlap are one."""
        if not self._values:
            return []
        places = [place for run in BASE64.finditer(data) for place in self._in_base64(run)]
        escaped = ESCAPED_BASE64.search(data)
        for view in views(data):
            places += self._written(view)
            for run in BASE64.finditer(view.text) if escaped and view.decodes else ():
                places += [view.place(*place) for place in self._in_base64(run)]
        merged: list[tuple[int, int]] = []
        for begin, end in sorted(places):
            if merged and begin < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        return merged

    def _written(self, view: View) -> Iterator[tuple[int, int]]:
        for begin, end, value in self._spans(view.text):
            place = view.place(begin, end)
            # words that stand side by side in one line are no value that was wrapped
            if value in self._of_words or _is_one_word(view.original[slice(*place)]):
                yield place

    def _in_base64(self, run: re.Match[bytes]) -> Iterator[tuple[int, int]]:
        """The values in what may be base64, wherever a group of four begins; with all characters that have a bit of them."""
        letters = View(run[0], BLANKS)
        more = b"..." if run.string.startswith(b"...", run.end()) else b""
        for first in range(4):
            text = letters.text[first:].translate(STANDARD)
            text = text[: len(text) - 1] if len(text) % 4 == 1 else text
            for part in self._plain.finditer(binascii.a2b_base64(text + b"=" * (-len(text) % 4))):
                plain = View(part[0], BLANKS)
                for *span, _ in self._spans(plain.text + more):
                    begin, end = (part.start() + at for at in plain.place(*span))
                    begin, end = letters.place(first + begin * 4 // 3, first + (end * 4 + 2) // 3)
                    yield run.start() + begin, run.start() + end

    def _spans(self, text: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Where values are in a text without blanks, and those that were cut short: where, and which."""
        for at in self._begins(text):
            lengths = self._lengths[text[at : at + HEAD]]
            end = next((at + length for length in lengths if text[at : at + length] in self._values), 0)
            if end:
                yield at, end, text[at:end]
        if b"..." in text or b"\xe2\x80\xa6" in text:
            yield from self._beginnings(text)

    def _beginnings(self, text: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Values of which the rest was cut off; what was cut off within an escape ends before it."""
        last = 0
        for dots in DOTS.finditer(text):
            short = CUT_SHORT.search(text, max(last, dots.start() - 12), dots.start())
            for end in (dots.start(), short.start() if short else 0):
                for at in range(max(last, end - LONGEST), end - SHORTEST + 1):
                    value = text[at : at + HEAD] in self._lengths and self._that_begins(text[at:end])
                    if value:
                        yield at, end, value
                        break
            last = dots.end()

    def _begins(self, text: bytes) -> Iterator[int]:
        """Where a value may begin, in any order."""
        heads = self._lengths
        if len(heads) > FEW:
            yield from (at for at in range(len(text) - HEAD + 1) if text[at : at + HEAD] in heads)
            return
        for head in heads:
            at = text.find(head)
            while at >= 0:
                yield at
                at = text.find(head, at + 1)

    def _unfinished(self, data: bytes) -> int:
        """Where that begins which may be the beginning of a value, at the end of the data."""
        start = max(0, len(data) - 8 * self._longest - 4096)
        end = data[start:]
        short = CUT_SHORT.search(end)
        first = short.start() if short else len(end)
        if IN_BASE64.search(end):
            first = min(first, max(0, len(end) - self._longest * 4 // 3 - 8))
        for view in views(end[:first]) if self._values else ():
            text = view.text
            places = (at for at in range(max(0, len(text) - self._longest), len(text)) if self._that_begins(text[at:]))
            first = next((min(first, view.place(at, at + 1)[0]) for at in places), first)
        return start + first

    def _that_begins(self, text: bytes) -> bytes:
        """A value that begins so and goes on."""
        if len(text) >= HEAD and text[:HEAD] not in self._lengths:
            return b""
        at = bisect_right(self._sorted, text)
        found = self._sorted[at] if at < len(self._sorted) else b""
        return found if found.startswith(text) else b""


def _encoded(value: str) -> bytes:
    """As it stood in its file; a surrogate that stands for no byte is a question mark, as in what is printed."""
    return LONE.sub("?", value).encode("utf-8", "surrogateescape")


def _replaced(data: bytes, places: Iterable[tuple[int, int]]) -> bytes:
    parts, last = [], 0
    for begin, end in places:
        parts += [data[last:begin], b"****"]
        last = end
    return b"".join((*parts, data[last:]))


def _is_one_word(written: bytes) -> bool:
    return b"\n" in written or b"\x1b" in written or not re.search(rb"[ \t]", written)
