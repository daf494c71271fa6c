"""What must not be seen: secrets, replaced in whatever a command, a service or a page has printed.

A secret is found as it is written, wrapped over lines, and as JSON, HTML, URLs and base64 write it.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from typing import Iterable, Iterator

from tasks.host.masking.views import BLANKS, CUT_SHORT, DEEP, View, views

SHORTEST, LONGEST = 8, 1024  # characters of a value that is masked; bytes of one: a longer one is masked in pieces of this size
HEAD = 4  # bytes by which the values that may begin somewhere are found
FEW = 100  # beginnings that are looked for one by one: many are found faster in one pass
DOTS = re.compile(rb"(?<!\.)\.\.\.(?!\.)|\xe2\x80\xa6")  # after a beginning of something that was cut
LETTERS = re.compile(rb"[\w+/-]{1,10}\Z", re.ASCII)  # of base64 that has only begun
BASE64 = re.compile(rb"[\w+/-]{11,}(?:\r?\n[ \t]*[\w+/-]+)*", re.ASCII)
ESCAPED_BASE64 = re.compile(rb"\\/|%(?:25)*(?:2[bBfF]|3[dD])")
STANDARD = bytes.maketrans(b"-_", b"+/")
LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
ASCII, ANYTHING = re.compile(rb"[\t\n\r -~]{8,}"), re.compile(rb"[\s\S]+")


class Mask:
    """Replaces secrets. One index serves any number of them: where one may begin, the longest is found in one look-up."""

    def __init__(self, values: Iterable[str]) -> None:
        texts: set[bytes] = set()  # without their blanks
        self._of_words: set[bytes] = set()
        for value in values:
            encoded = _encoded(value)
            text = BLANKS.sub(b"", encoded)
            if len(value) >= SHORTEST and len(text) >= HEAD:
                pieces = [text[at : at + LONGEST] for at in range(0, len(text), LONGEST)] if len(text) > LONGEST else [text]
                pieces[-1] = text[-LONGEST:]
                texts.update(pieces)
                self._of_words.update(pieces if len(encoded.split()) > 1 else ())
        self._longest = max(map(len, texts), default=0)
        self._plain = ANYTHING if any(max(text) > 126 for text in texts) else ASCII
        self._heads = {text[:HEAD] for text in texts}
        self._edges, self._from_edge = _index(texts)

    def __call__(self, data: bytes) -> bytes:
        """The same output, each value replaced by ****."""
        return _replaced(data, _joined(self._found(data)))

    def begin(self, data: bytes, piece: int) -> tuple[bytes, bytes]:
        """What can be passed on before more has come, masked, and the rest: whole lines, and of a line over `piece` a part."""
        at = data.rfind(b"\n") + 1
        if len(data) - at > piece:
            at = len(data)
        if not at:
            return b"", data
        found = self._found(data)
        at = min(at, self._unfinished(data))
        at = min((begin for begin, end in found if begin < at < end), default=at)
        places = _joined(found)
        line = data.rfind(b"\n", 0, at) + 1
        for begin, end in reversed(places):
            line = data.rfind(b"\n", 0, begin) + 1 if begin < line < end else line
        at = at if at - line > piece else line
        return _replaced(data[:at], [(begin, min(end, at)) for begin, end in places if begin < at]), data[at:]

    def _found(self, data: bytes) -> list[tuple[int, int]]:
        """Where values are, in order."""
        if not self._heads:
            return []
        places = [place for run in BASE64.finditer(data) for place in self._in_base64(run)]
        escaped = ESCAPED_BASE64.search(data)
        for view in views(data):
            places += self._written(view)
            for run in BASE64.finditer(view.text) if escaped and view.decodes else ():
                places += [view.place(*place) for place in self._in_base64(run)]
        return sorted(places)

    def _written(self, view: View) -> Iterator[tuple[int, int]]:
        for begin, end, value in self._spans(view.text):
            place = view.place(begin, end)
            # words that stand side by side in one line are no value that was wrapped
            if value in self._of_words or _is_one_word(view.original[slice(*place)]):
                yield place

    def _in_base64(self, run: re.Match[bytes]) -> Iterator[tuple[int, int]]:
        """The values in possible base64: from the beginning of a group of four to the last character that has a bit of them."""
        letters = View(run[0], BLANKS)
        more = b"..." if run.string.startswith(b"...", run.end()) else b""
        for first, decoded in _decoded(letters.text):
            for part in self._plain.finditer(decoded):
                plain = View(part[0], BLANKS)
                for *span, _ in self._spans(plain.text + more):
                    begin, end = (part.start() + at for at in plain.place(*span))
                    begin, end = letters.place(first + begin // 3 * 4, first + (end * 4 + 2) // 3)
                    yield run.start() + begin, run.start() + end

    def _spans(self, text: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Where values are in a text without blanks, and those that were cut short: where, and which."""
        for at in self._begins(text):
            value = self._from_edge[bisect_right(self._edges, text[at : at + self._longest]) - 1]
            if value:
                yield at, at + len(value), value
        if b"..." in text or b"\xe2\x80\xa6" in text:
            yield from self._beginnings(text)

    def _beginnings(self, text: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Values of which the rest was cut off; what was cut off within an escape ends before it."""
        last = 0
        for dots in DOTS.finditer(text):
            short = CUT_SHORT.search(text, max(last, dots.start() - 12), dots.start())
            for end in (dots.start(), short.start() if short else 0):
                for at in range(max(last, end - LONGEST), end - SHORTEST + 1):
                    value = text[at : at + HEAD] in self._heads and self._that_begins(text[at:end])
                    if value:
                        yield at, end, value
                        break
            last = dots.end()

    def _begins(self, text: bytes) -> Iterator[int]:
        """Where a value may begin, in any order."""
        heads = self._heads
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
        whole = len(end)
        for _ in range(DEEP):
            short = CUT_SHORT.search(end, 0, whole)
            if not short:
                break
            whole = short.start()
        first = min(whole, self._in_letters(end))
        escaped = ESCAPED_BASE64.search(end)
        for view in views(end[:whole]) if self._heads else ():
            at = self._goes_on(view.text)
            at = min(at, self._in_letters(view.text)) if escaped and view.decodes else at
            first = min(first, view.begin(at)) if at < len(view.text) else first
        return start + first

    def _in_letters(self, text: bytes) -> int:
        """The same where a text ends in what may be base64."""
        last = LETTERS.search(text)
        at = last.start() if last else len(text)
        runs = list(BASE64.finditer(text))
        if runs and not text[runs[-1].end() :].strip():
            letters = View(runs[-1][0], BLANKS)
            for first, decoded in _decoded(letters.text):
                plain = View(decoded, BLANKS)
                begin = self._goes_on(plain.text)
                if begin < len(plain.text):
                    at = min(at, runs[-1].start() + letters.begin(first + plain.begin(begin) // 3 * 4))
        return at

    def _goes_on(self, text: bytes) -> int:
        """Where that begins, in a text without blanks, with which it ends and a value begins; its length where nothing does."""
        begins = range(max(0, len(text) - self._longest), len(text))
        return next((at for at in begins if self._that_begins(text[at:])), len(text))

    def _that_begins(self, text: bytes) -> bytes:
        """A value that begins so and goes on."""
        if len(text) >= HEAD and text[:HEAD] not in self._heads:
            return b""
        at = bisect_right(self._edges, text)
        found = self._edges[at] if at < len(self._edges) else b""
        return found if found.startswith(text) else b""


def _encoded(value: str) -> bytes:
    """As it stood in its file; a surrogate that stands for no byte is a question mark, as in what is printed."""
    return LONE.sub("?", value).encode("utf-8", "surrogateescape")


def _decoded(letters: bytes) -> Iterator[tuple[int, bytes]]:
    """What base64 says, wherever a group of four begins: which letter is its first, and what it is from there on."""
    for first in range(4):
        text = letters[first:].translate(STANDARD)
        text = text[: len(text) - 1] if len(text) % 4 == 1 else text
        yield first, binascii.a2b_base64(text + b"=" * (-len(text) % 4))


def _index(values: set[bytes]) -> tuple[list[bytes], list[bytes]]:
    """From one edge to the next, all texts in order begin with the same longest value: the edges, and these values, or none."""
    lasts = (value.rstrip(b"\xff") for value in values)
    edges = sorted({b"", *values, *(last[:-1] + bytes([last[-1] + 1]) for last in lasts if last)})
    longest, around = [], [b""]  # the values that an edge begins with, each the beginning of the next
    for edge in edges:
        while not edge.startswith(around[-1]):
            around.pop()
        if edge in values:
            around.append(edge)
        longest.append(around[-1])
    return edges, longest


def _joined(places: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places in order; those that overlap are one."""
    joined: list[tuple[int, int]] = []
    for begin, end in places:
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _replaced(data: bytes, places: Iterable[tuple[int, int]]) -> bytes:
    parts, last = [], 0
    for begin, end in places:
        parts += [data[last:begin], b"****"]
        last = end
    return b"".join((*parts, data[last:]))


def _is_one_word(written: bytes) -> bool:
    return not (b" " in written or b"\t" in written) or b"\n" in written or b"\x1b" in written
