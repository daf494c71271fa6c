"""The values in a text of settings, whatever its format: dotenv, JSON, YAML, PHP, XML, ini, .npmrc, .netrc, .pgpass, keys.

A few rules for all formats, each of which reads a text once: a runtime file has up to 16 MiB.
"""

from __future__ import annotations

import re
from typing import Iterator

from tasks.host import files
from tasks.host.masking.readings import composed, decoded, mere, readings, unescaped

SHORTEST = 8  # characters of a value
NEVER = {"production", "development", "localhost", "username", "password", "database", "127.0.0.1", "disabled", "required"}
"""Words that anybody would write in a file of settings."""

COMPOSED = 1000  # values of a file in which names of others are looked for
PLACES = {"host", "hostaddr", "hostname", "server"}  # within a value they lead to no secret
LINE = re.compile(r"[^\n]{8,}")
FOREIGN = re.compile("[\udc80-\udcff]")  # a byte that is none of UTF-8
CONTINUED = re.compile(r"\\\n[ \t]*")
NO_SETTING = ("#", ";", "<", "[", "{", "(", "/*", "* ")
LEAD = re.compile(r"(?:-[ \t]+)?(?:export[ \t]+)?")
SEPARATOR = re.compile(r"=>|=|:(?!//)")
BASE64 = re.compile(r"(?:[A-Za-z0-9+/_-]{4})+[A-Za-z0-9+/_-]{2,3}={1,2}")
STRING = re.compile(r"[ \t]*([\"'])[^\"'\\]*\1[,;]?")  # it is found as one
SIMPLE = re.compile(r"[\w.+/@:-]*=*")  # one reading alone
FIELD = re.compile(r"[^:\\]*(?:\\.[^:\\]*)*")  # of .pgpass
SIGN = re.compile(r"\\.|[\"'`]", re.S)
SIGN_OR_END = re.compile(r"\\.|[\"'`\n]", re.S)
OF_A_KEY = re.compile(r"[ \t]*(?:=>|:|=(?!=))")
KEY = re.compile(r"""(?:^|[\s{,;("'\[])([A-Za-z_][\w.-]{7,})["'\]]*[ \t]*(?:=>|[=:])""")
KNOWN = re.compile(r"^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*([^\n]*)", re.M)
INNER = re.compile(  # {a: b}, a=b;c=d
    r"(?<![\w.-])([\w.-]+)(?:[\"'][ \t]*:|[\"']?[ \t]*(?:=>|=|:[ \t]))[ \t]*([^\s,;&{}()\[\]\"'][^\s,;&}\])\"']*)(,?)"
)
INNER_QUOTED = [re.compile(rf"(?:=>?|:)[ \t]*{quote}([^{quote}\n]{{8,}}){quote}") for quote in "\"'"]
ELEMENT = re.compile(r">([^<>]+)<|<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.S)
AFTER = re.compile(r"(?:^|\s)(?:login|password|account|[Bb]earer|[Bb]asic)\s+(\S+)")
URL = re.compile(r"://([^\s/@:\"'<>?#&]*)(?::([^\s/\"'<>]*))?@")
BLOCKS = [  # what stands on lines of its own: in YAML, after <<<EOT, in three quotes
    re.compile(r"^([ \t]*)[^\n]*[:-][ \t]+[|>][-+\d]*[ \t]*\n((?:(?:\1[ \t]+[^\n]*|[ \t]*)(?:\n|\Z))*)", re.M),
    re.compile(r"<<<?[-~]?[ \t]*[\"']?([A-Za-z_]\w*)[\"']?[ \t]*\n(.*?)(?:^[ \t]*\1\b|\Z)", re.M | re.S),
    re.compile(r"('''|\"\"\")(.*?)(?:\1|\Z)", re.S),
]


def text_of(data: bytes) -> str:
    """The text of a file, in UTF-8, UTF-16 or any other that has ASCII in it, "" where it is none. A NUL ends a line."""
    encoding = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}.get(data[:2], "")
    if not encoding and data.count(0) * 3 > len(data):
        encoding = "utf-16-le" if data[1] == 0 else "utf-16-be"
    text = files.decoded(data.decode(encoding, "replace").encode() if encoding else data)
    if "\0" in text and sum(1 for _ in FOREIGN.finditer(text)) * 10 > len(text):
        return ""
    return text.replace("\0", "\n")


def values(text: str, deep: int = 2) -> set[str]:
    """Every value in a text, and in what its values mean. One that is a key in it, or that anybody would write, is none."""
    found: set[str] = set()
    meant: set[str] = set()
    for each in (text, CONTINUED.sub("", text)) if "\\\n" in text else (text,):
        for word in _with_their_names(each):
            if SIMPLE.fullmatch(word):
                found.add(word)
                continue
            for reading in readings(word):
                found.update(line.strip() for line in (reading, *reading.split("\n")))
                if deep and reading[:1] not in "\"'":
                    meant.update(decoded(reading))
    if meant:
        found |= values("\n".join(meant), deep - 1) | meant
    found.difference_update(NEVER, (key[1] for key in KEY.finditer(text)))
    return {value for value in found if len(value) >= SHORTEST}


def _with_their_names(text: str) -> Iterator[str]:
    """Each value as it is written, and where it names other values of its file, with those in their places."""
    known: dict[str, str] = {}
    left = COMPOSED
    if "$" in text:
        known = {key: min(readings(value), key=len) for key, value in KNOWN.findall(text)}
    for word in _written(text):
        if len(word) >= SHORTEST:
            yield word
        if "$" in word and left:
            left -= 1
            yield composed(word, known)


def _written(text: str) -> Iterator[str]:
    """Each value as it is written; more than one reading of the same text where its format is not known."""
    yield from _strings(text)
    for found in LINE.finditer(text):
        yield from _of_line(found[0].strip())
    for key, value, more in INNER.findall(text):
        yield value if key.lower() not in PLACES and not (more and mere(value)) else ""
        yield from (value.partition("=")[2], value.rstrip("=").rpartition("=")[2]) if "=" in value else ()
    for pattern in (*INNER_QUOTED, AFTER):
        yield from pattern.findall(text)
    yield from (part for pair in ELEMENT.findall(text) for part in pair)
    for user, password in URL.findall(text):
        yield from (password, "" if mere(user) else user)
    yield from (block for pattern in BLOCKS for _, block in pattern.findall(text))


def _strings(text: str) -> Iterator[str]:
    """What stands in quotes and is no key; where a string goes over lines, a quote may have been none: within lines too."""
    for signs in (SIGN, SIGN_OR_END):
        opened, begin, lines = "", 0, False
        for found in signs.finditer(text):
            sign = found[0]
            if not opened and sign in "\"'`":
                opened, begin = sign, found.end()
            elif opened and sign in (opened, "\n"):
                word, opened = text[begin : found.start()], ""
                lines = lines or "\n" in word
                if len(word) >= SHORTEST and ("\n" in word or not OF_A_KEY.match(text, found.end())):
                    yield word
        if not lines and not opened:
            return


def _of_line(line: str) -> Iterator[str]:
    """The value of a setting, the fields of .pgpass, or a line that is no setting: of a key, of a list, of many lines."""
    if len(line) < SHORTEST or line.startswith(NO_SETTING) or (line.startswith("//") and "=" not in line):
        return
    line = line[LEAD.match(line).end() :]  # type: ignore[union-attr]
    key, *rest = SEPARATOR.split(line, 1)
    if BASE64.fullmatch(line) and len(line) % 4 == 0:
        yield line
    elif rest:
        yield "" if STRING.fullmatch(rest[0]) else rest[0]
        if line.count(":") >= 4 and not re.search(r"[\s=]", key):
            yield from (unescaped(field[0]) for field in FIELD.finditer(line))
    elif line[-1] not in "({[":
        yield line
        words = line.rstrip(";").split(None, 3)  # SetEnv KEY VALUE
        yield words[-1] if 1 < len(words) < 4 and not mere(words[-1]) else ""
