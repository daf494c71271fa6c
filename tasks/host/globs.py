"""Which files a glob of hosts.yml means: as bash expands it with dotglob, globstar and nullglob. `**` follows no link."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tasks.host.files import entries

GLOB = re.compile(r"(?:\\.|[^*?\[\\])*(?:[*?]|\[(?:\\.|[^]*?\\])*[]*?])", re.S)
TOKEN = re.compile(r"(\[(?:[!^]|(?![!^]))(?:\]|(?!\]))(?:\[:[a-z]+:\]|\\.|[^]\\])*\])|\\(.)|([*?])|(.)", re.S)
ITEM = re.compile(r"\[:([a-z]+):\]|(\\?.)(?:-(\\?[^]\\]|\\.))?", re.S)
CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \t",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "word": "a-zA-Z0-9_",
    "xdigit": "0-9a-fA-F",
}


def matches(root: str, glob: str) -> list[str]:
    """What is there below `root`, relative to it; nothing where `root` is not there."""
    parts = re.sub(r"(^|/)(?:\*\*/)+", r"\1**/", glob).split("/")
    found = _expand(root, "", parts) if GLOB.match(glob) else iter([glob])
    return sorted({path for path in found if path and os.path.lexists(os.path.join(root, path))})


def _expand(root: str, base: str, parts: list[str]) -> Iterator[str]:
    if not parts:
        yield base
    elif parts[0] == "**":
        yield from _every_depth(root, base, parts)
    elif not GLOB.match(parts[0]):
        yield from _expand(root, os.path.join(base, re.sub(r"\\(.)", r"\1", parts[0])), parts[1:])
    else:
        fits = re.compile(pattern(parts[0]), re.S).fullmatch
        for entry in entries(os.path.join(root, base)):
            if fits(entry.name) and (len(parts) == 1 or entry.is_dir()):
                yield from _expand(root, os.path.join(base, entry.name), parts[1:])


def _every_depth(root: str, base: str, parts: list[str]) -> Iterator[str]:
    """`**` is any number of directories, none included; as the last part it is all that lies in them, too."""
    if os.path.isdir(os.path.join(root, base)):
        yield from _expand(root, base, parts[1:])
    for entry in entries(os.path.join(root, base)):
        path = os.path.join(base, entry.name)
        if entry.is_dir(follow_symlinks=False):
            yield from _every_depth(root, path, parts)
        elif len(parts) == 1:
            yield path


def pattern(part: str) -> str:
    """The regular expression for one part of a path."""
    return TOKEN.sub(_translated, part)


def _translated(found: re.Match[str]) -> str:
    bracket, quoted, wild, other = found.groups()
    if not bracket:
        return {"*": ".*", "?": "."}.get(wild) or re.escape(quoted or other)
    negated = bracket[1] in "!^"
    chosen = "".join(_item(*found) for found in ITEM.findall(bracket[1 + negated : -1]))
    if not chosen:
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{chosen}]"


def _item(name: str, first: str, last: str) -> str:
    if name:
        return CLASSES.get(name, "")
    first, last = first[-1], last[-1:]
    if not last:
        return re.escape(first)
    return f"{re.escape(first)}-{re.escape(last)}" if first <= last else ""
