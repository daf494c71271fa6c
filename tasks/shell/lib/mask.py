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


def text_of(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def secrets_in(text: str) -> list[str]:
    try:
        return leaves(json.loads(text))
    except ValueError:
        return pairs(text) or [text.strip()]


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value] if isinstance(value, str) else []


def pairs(text: str) -> list[str]:
    found = re.findall(r"""^[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.]*=("(?:\\.|[^"\\])*"|'[^']*'|[^\n]*)""", text, re.M)
    return [value[1:-1] if value[:1] in "\"'" and value[:1] == value[-1:] else value.strip() for value in found]
