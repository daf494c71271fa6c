"""What must not be seen: secrets, replaced in whatever a command, a service or a page has printed.

A secret is found as it is written, wrapped over lines, and as JSON, HTML, URLs and base64 write it.
"""

from __future__ import annotations

import binascii
import json
import re
from bisect import bisect_right
from typing import Iterable, Iterator

SHORTEST = 8  # characters of a value that is masked
HEAD = 4  # bytes by which the values that may begin somewhere are found
FEW = 100  # beginnings that are looked for one by one: many are found faster in one pass
FAR = 1 << 20  # bytes: what may be the beginning of a wrapped value is held back no longer
BLANKS = re.compile(rb"\x1b\[[0-9;]*m|\s+")  # what may stand in a value that was wrapped
FRAMED = re.compile(rb"\n[ \t]*(?://|[!|*#>]|\xe2\x94[\x80-\xbf])")  # a console puts something before each line of it
FRAMES = re.compile(rb"[ \t\r]*\n(?:\x1b\[[0-9;]*m|\s|//|[!|*#>]|\xe2\x94[\x80-\xbf])*|" + BLANKS.pattern)
ESCAPES = [  # what a text that has one has in it
    (b"\\", re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\s\S])")),
    (b"&", re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,32});")),
    (b"%", re.compile(rb"%[0-9a-fA-F]{2}|\+")),
    (b"+", re.compile(rb"\+")),
]
CUT_SHORT = re.compile(rb"(?:\x1b\[?[0-9;]*|\\(?:u[0-9a-fA-F\\u]{0,9})?|&[#a-zA-Z0-9]{0,33}|%[0-9a-fA-F]?)\Z")
IN_BASE64 = re.compile(rb"[\w+/-]{11,}\Z", re.ASCII)
BASE64 = re.compile(rb"[\w+/-]{11,}(?:\r?\n[ \t]*[\w+/-]+)*", re.ASCII)
STANDARD = bytes.maketrans(b"-_", b"+/")
LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
ASCII, ANYTHING = re.compile(rb"[\t\n\r -~]{8,}"), re.compile(rb"[\s\S]+")


class Mask:
    """Replaces secrets. One index by their first bytes serves any number of them."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values: set[bytes] = set()  # without their blanks
        self._of_words: set[bytes] = set()
        for value in values:
            words = _encoded(value).split()
            text = b"".join(words)
            if len(value) >= SHORTEST and len(text) >= HEAD:
                self._values.add(text)
                if len(words) > 1:
                    self._of_words.add(text)
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
        places = [place for view in _views(data) for place in self._written(view)]
        places += [place for run in BASE64.finditer(data) for place in self._in_base64(run)]
        merged: list[tuple[int, int]] = []
        for begin, end in sorted(places):
            if merged and begin < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((begin, end))
        return merged

    def _written(self, view: View) -> Iterator[tuple[int, int]]:
        for begin, end in self._spans(view.text):
            place = view.place(begin, end)
            # words that stand side by side in one line are no value that was wrapped
            if view.text[begin:end] in self._of_words or _is_one_word(view.original[slice(*place)]):
                yield place

    def _in_base64(self, run: re.Match[bytes]) -> Iterator[tuple[int, int]]:
        """The values in what may be base64, wherever a group of four begins; with all characters that have a bit of them."""
        letters = View(run[0], BLANKS)
        for first in range(4):
            text = letters.text[first:].translate(STANDARD)
            text = text[: len(text) - 1] if len(text) % 4 == 1 else text
            for part in self._plain.finditer(binascii.a2b_base64(text + b"=" * (-len(text) % 4))):
                plain = View(part[0], BLANKS)
                for span in self._spans(plain.text):
                    begin, end = (part.start() + at for at in plain.place(*span))
                    begin, end = letters.place(first + begin * 4 // 3, first + (end * 4 + 2) // 3)
                    yield run.start() + begin, run.start() + end

    def _spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where values are in a text without blanks."""
        for at in self._begins(text):
            lengths = self._lengths[text[at : at + HEAD]]
            end = next((at + length for length in lengths if text[at : at + length] in self._values), 0)
            if end:
                yield at, end

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
        for view in _views(end[:first]) if self._values else ():
            text = view.text
            places = (at for at in range(max(0, len(text) - self._longest), len(text)) if self._goes_on(text[at:]))
            first = next((min(first, view.place(at, at + 1)[0]) for at in places), first)
        return start + first

    def _goes_on(self, text: bytes) -> bool:
        if len(text) >= HEAD and text[:HEAD] not in self._lengths:
            return False
        at = bisect_right(self._sorted, text)
        return at < len(self._sorted) and self._sorted[at].startswith(text)


class View:
    """A text, or another view of it, without its blanks or decoded; and where its parts stand in the original."""

    def __init__(self, data: bytes, token: re.Pattern[bytes], under: View | None = None) -> None:
        self.original: bytes = under.original if under else data
        self._data, self._token, self._under = data, token, under
        plain = token is BLANKS and b"\x1b" not in data  # the same, several times faster
        self.text = b"".join(data.split()) if plain else token.sub(_decoded if under else b"", data)
        self._begins: list[int] = []  # of each part of the text
        self._places: list[tuple[int, int]] = []  # in the data: where it begins, and where it ends if it was decoded

    def place(self, begin: int, end: int) -> tuple[int, int]:
        """Where this part of the text stands in the original."""
        if not self._begins:
            self._take_apart()
        first, last = bisect_right(self._begins, begin) - 1, bisect_right(self._begins, end - 1) - 1
        start, decoded = self._places[first]
        last_start, last_end = self._places[last]
        start = start if decoded else start + begin - self._begins[first]
        end = last_end or last_start + end - self._begins[last]
        return self._under.place(start, end) if self._under else (start, end)

    def _take_apart(self) -> None:
        at = last = 0
        for found in self._token.finditer(self._data):
            begin, end = found.span()
            decoded = len(_decoded(found)) if self._under else 0
            for length, place in ((begin - last, (last, 0)), (decoded, (begin, end))):
                if length:
                    self._begins.append(at)
                    self._places.append(place)
                    at += length
            last = end
        self._begins.append(at)
        self._places.append((last, 0))


def _views(data: bytes) -> Iterator[View]:
    """The text as every writer may mean it."""
    for blanks in (BLANKS, FRAMES) if FRAMED.search(data) else (BLANKS,):
        text = View(data, blanks)
        yield text
        for sign, token in ESCAPES:
            if sign in text.text:
                yield View(text.text, token, text)


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
    return b"\n" in written or b"\x1b" in written or len(written.split()) == 1


def _decoded(found: re.Match[bytes]) -> bytes:
    """What an escape stands for: blanks for nothing."""
    token = found[0]
    if token[:1] == b"%":
        text = bytes.fromhex(token[1:].decode())
    elif token[:1] == b"&":
        import html

        text = html.unescape(token.decode("ascii")).encode("utf-8", "replace")
    elif token[:2] == b"\\u" and len(token) > 2:
        text = json.loads(b'"%s"' % token).encode("utf-8", "replace")
    elif token[:1] == b"\\":
        text = b"" if token[1:] in b"nrtbf" else token[1:]
    else:  # "+" in a URL
        text = b""
    return b"".join(text.split())
