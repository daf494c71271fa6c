"""Which names have a hash of their content in them, as Encore, webpack, Vite, esbuild, Parcel and AssetMapper write them.

A name is split at its dots; what follows the last one is no hash. A part has a hash that is the whole part, or follows a dash
to its end (`app.3f2a1b9c.js`, `123.0f1e2d3c.css.map`, `index-BxYz12_q.js`), and is one of

- 8 or more hexadecimal digits in lower case, which may be the first part too (`3f2a1b9c4d5e.png`);
- 8 of A to Z and 2 to 7, as esbuild writes them;
- 8 letters, digits, `-` and `_`, or 7 after the last dash (AssetMapper), that do not read like words with a number after them.

Hidden files are none, nor is what a web server may run as PHP.
"""

from __future__ import annotations

import re

HEX = re.compile(r"(?:.*-)?[0-9a-f]{8,}", re.S)
BASE32 = re.compile(r"(?:.*-)?[A-Z2-7]{8}", re.S)
LETTERS = re.compile(r"[0-9A-Za-z_-]+")
WORDS = re.compile(r"(?:(?:[A-Z]?[a-z]{2,})+|[A-Z]+)?[0-9]*")
RUNS = re.compile(r"\.ph(?:p\d*|tml|ar|ps|t)(?:\.|$)", re.I)
LENGTH, SHORTEST = 8, 7


def is_hashed(name: str) -> bool:
    """Whether the name of a file has a hash in it. A name that only looks like it costs room in the pool, and no more."""
    first, *others = name.split(".")[:-1] or [""]
    if not first or RUNS.search(name):
        return False
    return _has(first, alone="-" in first) or any(_has(part, alone=True) for part in others)


def _has(part: str, *, alone: bool) -> bool:
    """`alone`: may letters that are no hexadecimal digits be a hash without a dash before them?"""
    if HEX.fullmatch(part) or (alone and BASE32.fullmatch(part)):
        return True
    tails = [part[-size:] for size in (LENGTH, SHORTEST) if part[-size - 1 : -size] == "-"]
    whole = [part] if alone and len(part) == LENGTH else []
    return any(map(_is_random, tails + whole))


def _is_random(text: str) -> bool:
    return bool(LETTERS.fullmatch(text)) and not all(WORDS.fullmatch(word) for word in re.split("[-_]", text))
