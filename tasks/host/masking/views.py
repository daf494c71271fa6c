"""What was printed, as every writer may mean it: without what stands between letters, and decoded, up to three times."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from typing import Callable, Iterator

DEEP = 3  # how often what was encoded is encoded once more
CONTROLS = bytes(range(33)) + b"\x7f"
CODES = rb"(?:\x1b\[|\xc2\x9b)[0-?]*[ -/]*[@-~]"  # colours, cursor
STRINGS = rb"(?:\x1b[\]PX^_]|\xc2[\x90\x98\x9d-\x9f])[^\n]*?(?:\x1b\\|\x07|\xc2\x9c|$)"  # titles, links
ESCAPED = rb"\x1b[ -/]*[0-~]?"
C1 = rb"\xc2[\x80-\x9f]"
HIDDEN = (  # a soft hyphen, spaces, what reorders or hides text
    rb"\xc2[\xa0\xad]|\xd8\x9c|\xe1(?:\x9a\x80|\xa0\x8e)|\xe2(?:\x80[\x80-\x8f\xa8-\xaf]|\x81[\x9f-\xaf])"
    rb"|\xe3\x80\x80|\xef(?:\xbb\xbf|\xbf[\xb9-\xbb])|\xf3\xa0[\x80\x81][\x80-\xbf]"
)
UNSEEN = re.compile(rb"%b|%b|%b|[\x00-\x08\x0b-\x1f\x7f]|%b" % (CODES, STRINGS, ESCAPED, C1), re.M)  # on a screen
RARE = re.compile(rb"\x1b|%b|%b" % (C1, HIDDEN))
OF_STRINGS = re.compile(rb"\x1b[\]PX^_]|\xc2[\x90\x98\x9d-\x9f]")
BETWEEN = rb"[\x00-\x1a\x1c-\x20\x7f]+|%b|%b|%b|%b" % (CODES, ESCAPED, C1, HIDDEN)
WITHIN_STRINGS = re.compile(BETWEEN)
OF_ONE = re.compile(rb"[\x00-\x20\x7f]+")
BLANKS = re.compile(
    rb"[\x00-\x1a\x1c-\x20\x7f]+|%b|%b" % (STRINGS, BETWEEN), re.M
)  # what may stand in a value that was wrapped
QUOTED_BLANKS = re.compile(rb"\\[ \t]|%b" % BLANKS.pattern, re.M)
FRAMED = re.compile(rb"\n[ \t]*(?://|[!|*#>]|\xe2\x94[\x80-\xbf])")  # a console puts something before each line of it
FRAMES = re.compile(rb"[ \t\r]*\n(?:%b|\s|//|[!|*#>]|\xe2\x94[\x80-\xbf])*|%b" % (CODES, BLANKS.pattern), re.M)
BACKSLASHED = (
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|[\s\S])"
)
ENTITY = rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,32});"
PERCENT = rb"%[0-9a-fA-F]{2}"
ESCAPES = [(b"\\", re.compile(BACKSLASHED)), (b"&", re.compile(ENTITY)), (b"%", re.compile(PERCENT))]
ANY = re.compile(b"|".join((BACKSLASHED, ENTITY, PERCENT)))
FORM, PLUS = re.compile(PERCENT + rb"|\+"), re.compile(rb"\+")
OF_SHELLS = (b"\\ ", b"\\\t", b"'\\''", b"'\"'\"'")
SHELL = re.compile(rb"'\\''|'\"'\"'|\\[\s\S]")
CUT_SHORT = re.compile(  # what may go on as one of these
    rb"(?:\x1b[^\n\x07\x1b]{0,256}|[\xc2-\xf4][\x80-\xbf]{0,2}|(?<!\\)\\+(?:[ux0-3][0-9a-fA-F\\u]{0,9})?|&(?:amp;)*[#a-zA-Z0-9]{0,33}"
    rb"|%(?:25)*[0-9a-fA-F]?|'[\\'\"]{0,3}|\.{1,2})\Z"
)


class View:
    """A text, or another view of it, without its blanks or decoded; and where its parts stand in the original."""

    def __init__(
        self, data: bytes, token: re.Pattern[bytes], under: View | None = None, decode: Callable[[bytes], bytes] | None = None
    ) -> None:
        self.original: bytes = under.original if under else data
        self.decodes = under is not None
        self._data, self._token, self._under = data, token, under
        self._decode = decode or (decoded if under else _nothing)
        plain = token is BLANKS and (not RARE.search(data) if not data.isascii() else b"\x1b" not in data)
        if plain:  # the same, several times faster
            self.text = data.translate(None, CONTROLS)
        else:
            self.text = token.sub(lambda found: self._decode(found[0]), data) if under else token.sub(b"", data)
        self._begins: list[int] = []  # of each part of the text
        self._places: list[tuple[int, int]] = []  # in the data: where it begins, and where it ends if it was decoded

    def place(self, begin: int, end: int) -> tuple[int, int]:
        """Where this part of the text stands in the original."""
        if not self._begins:
            self._take_apart()
        first, last = bisect_right(self._begins, begin) - 1, bisect_right(self._begins, end - 1) - 1
        start, was_decoded = self._places[first]
        last_start, last_end = self._places[last]
        start = start if was_decoded else start + begin - self._begins[first]
        end = last_end or last_start + end - self._begins[last]
        return self._under.place(start, end) if self._under else (start, end)

    def begin(self, at: int) -> int:
        """Where what stands here in the text begins in the original."""
        return self.place(at, at + 1)[0]

    def _take_apart(self) -> None:
        at = last = 0
        for found in self._token.finditer(self._data):
            begin, end = found.span()
            for length, place in ((begin - last, (last, 0)), (len(self._decode(found[0])), (begin, end))):
                if length:
                    self._begins.append(at)
                    self._places.append(place)
                    at += length
            last = end
        self._begins.append(at)
        self._places.append((last, 0))


def views(data: bytes) -> Iterator[View]:
    """The text without its blanks, and each view of that which its escapes make possible."""
    yield from _decodings(View(data, BLANKS))
    if FRAMED.search(data):
        yield from _decodings(View(data, FRAMES))
    if (b"\x1b" in data or not data.isascii()) and OF_STRINGS.search(data):
        yield from _decodings(View(data, WITHIN_STRINGS))
    if b"\x1b" in data or b"\xc2\x9b" in data:
        yield View(data, OF_ONE)  # a sequence that was broken off would take the first letter of what follows
    if any(sign in data for sign in OF_SHELLS):
        text = View(data, QUOTED_BLANKS)
        yield text
        yield View(text.text, SHELL, text, _of_shell)


def _decodings(text: View) -> Iterator[View]:
    """The text; decoded in one way, again and again; as a form of a page; and, where there are several ways, in all at once."""
    yield text
    kinds = _kinds(text)
    ways = [list(_repeated(text, token)) for sign, token in ESCAPES if sign in kinds]
    for way in ways:
        yield from way
    if b"+" in text.text:
        yield View(text.text, FORM if b"%" in kinds else PLUS, text)
    if len(kinds.union(*(_kinds(view) for way in ways for view in way))) > 1:
        yield from _repeated(text, ANY)


def _kinds(view: View) -> set[bytes]:
    return {sign for sign, token in ESCAPES if sign in view.text and token.search(view.text)}


def _repeated(view: View, token: re.Pattern[bytes]) -> Iterator[View]:
    for _ in range(DEEP):
        if not token.search(view.text):
            return
        view = View(view.text, token, view)
        yield view


def _nothing(_: bytes) -> bytes:
    return b""


def _of_shell(token: bytes) -> bytes:
    return b"'" if token[:1] == b"'" else token[1:]


def decoded(token: bytes) -> bytes:
    """What an escape stands for: blanks for nothing."""
    if token[:1] == b"&":
        import html

        text = html.unescape(token.decode("ascii")).encode("utf-8", "replace")
    elif token[:1] == b"%" or (token[:2] == b"\\x" and len(token) > 2):
        text = bytes.fromhex(token.decode().lstrip("%\\x"))
    elif token[:1] == b"+":  # in a URL
        text = b""
    else:
        text = _backslashed(token)
    return text.translate(None, CONTROLS)


def _backslashed(token: bytes) -> bytes:
    if len(token) == 2:
        return b"" if token[1:] in b"nrtbf" else token[1:]
    if token[1:2] == b"u":
        return str(json.loads(b'"%s"' % token)).encode("utf-8", "replace")
    return bytes([int(token[1:], 8)])
