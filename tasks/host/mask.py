"""What must not be seen: the values of runtime files, in whatever a command prints."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Iterable

from tasks.host.files import text

SHORTEST = 8  # characters of a value that is masked
LARGEST = 1 << 20  # bytes of a file that is looked into
HALF = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")  # half a pair of JSON's, which no program prints
PAIR = re.compile(r"""^[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.]*=("(?:\\.|[^"\\])*"|'[^']*'|[^\n]*)""", re.M)


class Mask:
    """Replaces the values of runtime files: KEY=VALUE and JSON string leaves, 8 characters or more, not in a committed .env."""

    def __init__(self, folder: str, files: Iterable[str]) -> None:
        values = {value for file in files for value in _values(folder, file)}
        forms = (form for value in values for form in (value, json.dumps(value)[1:-1], *value.split("\n")))
        pieces = {HALF.sub("", form) for form in forms}
        found = [piece.encode("utf-8", "surrogateescape") for piece in pieces if len(piece) >= SHORTEST]
        found.sort(key=len, reverse=True)
        self.longest = max(map(len, found), default=1)
        self._pattern = re.compile(b"|".join(map(re.escape, found))) if found else None

    def __call__(self, data: bytes) -> bytes:
        """The same output, each value replaced by ****."""
        return self._pattern.sub(b"****", data) if self._pattern else data

    def cut(self, data: bytes) -> int:
        """How much of data can be passed on before its rest has come, with no value cut in two."""
        at = len(data) - self.longest + 1
        for match in self._pattern.finditer(data) if self._pattern else ():
            if match.start() < at < match.end():
                return match.start()
        return at


def _values(folder: str, file: str) -> Iterable[str]:
    beside, name = os.path.split(file)
    known = set() if name == ".env" else set(pairs(text(os.path.join(folder, beside, ".env"), LARGEST)))
    return (value for value in secrets_in(text(os.path.join(folder, file), LARGEST)) if value not in known)


def secrets_in(content: str) -> list[str]:
    """Every value of a file: the string leaves of JSON, what follows KEY=, or the whole text."""
    try:
        return _leaves(json.loads(content))
    except (ValueError, RecursionError):
        return [value for value in pairs(content) if value.strip("=")] or [content.strip()]  # base64 may end like KEY=


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in _leaves(item)]
    return [value] if isinstance(value, str) else []


def pairs(content: str) -> list[str]:
    """What follows KEY= in each line, in every reading."""
    return [value for word in PAIR.findall(content) for value in _readings(word)]


def _readings(word: str) -> list[str]:
    """What a word after KEY= may stand for, as different readers take quotes, escapes and comments."""
    if len(word) > 1 and word[0] == word[-1] == '"':
        return [word[1:-1], re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), word[1:-1])]
    if len(word) > 1 and word[0] == word[-1] == "'":
        return [word[1:-1]]
    return [word.strip(), re.split(r"\s#", word)[0].strip()]
