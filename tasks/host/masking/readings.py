"""What a value may stand for, as different readers take quotes, escapes, comments, commas and names of other values."""

from __future__ import annotations

import re
from typing import Iterator, Mapping

COMMENT = re.compile(r"[ \t](?:[#;]|//)")
PROSE = re.compile(r"[^\s,][ \t]+[^\s,]")
ITEM = re.compile(r"(?:^|(?<=[,\[(]))[ \t]*[\"']?([^\s,\[\](){}\"':=]{8,})[\"']?[ \t]*(?=[,\])]|$)")
SETTING = re.compile(r"[A-Za-z_][\w.-]*=")
MERE = re.compile(r"[a-z]{1,20}|[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,12}|[0-9]+(?:\.[0-9]+){3}")
ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.S)
MEANT = {"n": "\n", "r": "\r", "t": "\t"}
SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
ENTITY = re.compile(r"&#?\w{1,32};")
REFERENCE = re.compile(r"\$(?:\{(\w+)(?::?-([^${}]*))?\}|(\w+))")
REFERENCES, DEEP, LONG = 8, 3, 4096  # of one value: names, how often what they stand for is looked into, and characters


def mere(word: str) -> bool:
    """Whether a word is one that anybody would write, a host or an address."""
    return bool(MERE.fullmatch(word))


def readings(written: str) -> set[str]:
    """A value as it is written: with and without its quotes and what stands after it; each item of a list."""
    word = written.strip()
    found = {word, word.rstrip(",;"), COMMENT.split(word, 1)[0].rstrip(" \t,;")}
    found |= {each[1:-1] for each in found if len(each) > 1 and each[0] == each[-1] and each[0] in "\"'`"}
    found |= {each.partition("=")[2] for each in found if SETTING.match(each)}
    if "''" in word or '""' in word:
        found |= {each.replace("''", "'").replace('""', '"') for each in found}
    if "," in word and not PROSE.search(word):
        found |= {item for item in ITEM.findall(word) if not mere(item)}
    return found


def decoded(word: str) -> Iterator[str]:
    """The same as those mean it that decode it."""
    if "\\" in word:
        yield unescaped(word.replace("'\\''", "'"))
    if PERCENT.search(word):
        yield PERCENT.sub(_of_percent, word)
    if ENTITY.search(word):
        import html

        yield html.unescape(word)


def unescaped(word: str) -> str:
    """The letters that JSON, PHP and shells mean; two surrogates are one letter."""
    return SURROGATES.sub(_joined, ESCAPE.sub(_of_escape, word))


def composed(word: str, known: Mapping[str, str]) -> str:
    """A value in which names stand for other values of its file."""
    for _ in range(DEEP):
        if len(word) < LONG:
            word = REFERENCE.sub(lambda name: known.get(name[1] or name[3], name[2] or name[0])[:LONG], word, REFERENCES)
    return word


def _of_escape(found: re.Match[str]) -> str:
    code, letter = found[1] or found[2], found[3]
    return chr(int(code, 16)) if code else MEANT.get(letter, letter)


def _joined(found: re.Match[str]) -> str:
    return found[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _of_percent(found: re.Match[str]) -> str:
    """As urllib.parse has it, which takes 2 ms to import, with ipaddress."""
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")
