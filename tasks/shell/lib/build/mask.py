"""What must not be seen: the values of runtime files, in whatever a command prints."""

from __future__ import annotations

import json
import os
import re
from typing import Any


class Mask:
    """Replaces the values of runtime files: KEY=VALUE and JSON string leaves, 8 characters or more, not in a committed .env."""

    def __init__(self, work: str, files: list[str]) -> None:
        values = set()
        for name in files:
            known = (
                set(pairs(text_of(os.path.join(work, os.path.dirname(name), ".env"))))
                if os.path.basename(name) != ".env"
                else set()
            )
            values |= {value for value in secrets_in(text_of(os.path.join(work, name))) if value not in known}
        spoken = {
            piece for value in values for piece in (value, json.dumps(value)[1:-1], *value.split("\n")) if len(piece) >= 8
        }
        found = sorted((os.fsencode(piece) for piece in spoken), key=len, reverse=True)
        self.longest = max(map(len, found), default=1)
        self.pattern = re.compile(b"|".join(map(re.escape, found))) if found else None

    def __call__(self, data: bytes) -> bytes:
        return self.pattern.sub(b"****", data) if self.pattern else data

    def cut(self, data: bytes) -> int:
        """How much of data can be passed on before its rest has come, with no value cut in two."""
        at = len(data) - self.longest + 1
        for match in self.pattern.finditer(data) if self.pattern else ():
            if match.start() < at < match.end():
                return match.start()
        return at


def text_of(path: str) -> str:
    if not os.path.isfile(path):
        return ""  # a FIFO would be waited for
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def secrets_in(text: str) -> list[str]:
    try:
        return leaves(json.loads(text))
    except ValueError:
        return [value for value in pairs(text) if value.strip("=")] or [text.strip()]  # base64 may end like KEY=


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value] if isinstance(value, str) else []


def pairs(text: str) -> list[str]:
    found = re.findall(r"""^[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.]*=("(?:\\.|[^"\\])*"|'[^']*'|[^\n]*)""", text, re.M)
    return [value for word in found for value in readings(word)]


def readings(word: str) -> list[str]:
    """What a word after KEY= may stand for, as different readers take quotes, escapes and comments."""
    if len(word) > 1 and word[0] == word[-1] == '"':
        return [word[1:-1], re.sub(r"\\(.)", lambda found: {"n": "\n", "r": "\r"}.get(found[1], found[1]), word[1:-1])]
    if len(word) > 1 and word[0] == word[-1] == "'":
        return [word[1:-1]]
    return [word.strip(), re.split(r"\s#", word)[0].strip()]
