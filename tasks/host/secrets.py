"""The values in a text of settings, whatever its format: dotenv, JSON, YAML, PHP, XML, ini, .npmrc, .netrc, .pgpass, keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

NEVER = {"production", "development", "localhost", "username", "password", "database", "127.0.0.1", "disabled", "required"}
"""Words that anybody would write in a file of settings."""

QUOTED = r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'"
STRING = re.compile(rf"({QUOTED})(?=[ \t]*(=>|:|=(?!=))?)", re.S)  # and whether it is a key
SETTING = re.compile(
    rf"""^[ \t]*(?:-[ \t]+)?(?:export[ \t]+)?(?:[\w.@/\[\]$-]+|{QUOTED})[ \t]*(?:=>|=|:)[ \t]*([^\n]*)""", re.M
)
KEY = re.compile(r"""(?:^|[\s{,;("'\[])([A-Za-z_][\w.-]{7,})["'\]]*[ \t]*(?:=>|[=:])""")
INNER = re.compile(r"(?<![\w.-])[\w.-]+[ \t]*(?:=>|=|:[ \t])[ \t]*(?=([^\s,;&}\])\"']+))")  # {a: b}, a=b;c=d
ELEMENT = re.compile(r">([^<>]+)<|<!\[CDATA\[(.*?)\]\]>", re.S)
NETRC = re.compile(r"(?:^|\s)(?:login|password|account)\s+(\S+)")
URL = re.compile(r"[a-zA-Z][\w+.-]*://[^\s/@:\"'<>]*:([^\s/\"'<>]+)@")  # the password
PEM = re.compile(r"-----BEGIN [^-\n]+-----.*?-----END [^-\n]+-----", re.S)
PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
SEPARATOR = re.compile(r"[=:<>{}\[\]\"']")
COMMENT = ("#", ";", "//", "<!--", "[", "<?")


def values(text: str) -> set[str]:
    """Every value in a text. One that is a key somewhere in it, or that anybody would write, is none."""
    found = {value for written in _written(text) for value in _readings(written)}
    return {value for value in found if value} - set(KEY.findall(text)) - NEVER


def _written(text: str) -> Iterator[str]:
    """Each value as it is written; more than one reading of the same text where its format is not known."""
    yield from (word for word, key in STRING.findall(text) if not key)
    yield from (word for word, key in STRING.findall(text) if key and word.count("\n"))  # a quote that was none
    yield from SETTING.findall(text)
    yield from INNER.findall(text)
    yield from (part for pair in ELEMENT.findall(text) for part in pair)
    yield from NETRC.findall(text)
    for password in URL.findall(text):
        yield from (password, PERCENT.sub(_percent_decoded, password))
    for block in PEM.findall(text):
        yield from block.split("\n")
    yield from _lines(text.split("\n"))


def _percent_decoded(found: re.Match[str]) -> str:
    """As urllib.parse has it, which takes 2 ms to import, with ipaddress."""
    return bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace")


def _lines(lines: list[str]) -> Iterator[str]:
    """Fields of .pgpass; lines of a file without any separator, and words that stand alone in a line of any file."""
    plain = not any(SEPARATOR.search(line) for line in lines)
    for line in (line.strip() for line in lines):
        if line.startswith(COMMENT):
            continue
        if re.fullmatch(r"(?:[^:\s\\]|\\.)*(?::(?:[^:\\]|\\.)*){4,}", line):
            yield from (re.sub(r"\\(.)", r"\1", field) for field in re.findall(r"(?:[^:\\]|\\.)+", line))
        if plain or (not re.search(r"\s", line) and not SEPARATOR.search(line.rstrip("="))):
            yield line


def _readings(word: str) -> Iterable[str]:
    """What a word may stand for, as different readers take quotes, escapes, comments and commas; and each line of it."""
    word = word.strip()
    readings = {word, re.split(r"\s+[#;]|\s*//|,\s*$", word)[0].strip(), word.rstrip(",;")}
    for reading in list(readings):
        if len(reading) > 1 and reading[0] == reading[-1] and reading[0] in "\"'":
            inner = reading[1:-1]
            readings |= {inner, _unescaped(inner)}
    return {line.strip() for reading in readings for line in (reading, *reading.split("\n"))}


def _unescaped(text: str) -> str:
    """The letters that JSON, PHP and shells mean; two surrogates are one letter, and one alone is none."""

    def replaced(found: re.Match[str]) -> str:
        code, letter = found[1], found[2]
        return chr(int(code, 16)) if code else {"n": "\n", "r": "\r", "t": "\t"}.get(letter, letter)

    def joined(found: re.Match[str]) -> str:
        return found[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    return SURROGATES.sub(joined, re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", replaced, text, flags=re.S))
