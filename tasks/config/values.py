"""The kinds of text that hosts.yml may hold, each with the one sentence that says what is wrong with another."""

import base64
import posixpath
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

from tasks.config.words import shown

PASSWORD = re.compile(r"://[^/@]*:(?!\d*/)[^@]*@ | ^[^/@:]+:[^/@]+@[^/:]+:", re.VERBOSE)
TOKEN = re.compile(r"://(gh[a-z]_|github_pat_|glpat-)[^/]*@", re.IGNORECASE)
RELEASE_NAME = re.compile(r".*-\d{8}T\d{6}Z", re.DOTALL)
RESERVED_VARIABLE = re.compile(r"LIVE_LINK_NAME|RELEASE_.*")
MADE_BY_THE_TOOL = (".git", "release.json")


def mistake(sentence: str) -> PydanticCustomError:
    """The error that a validator raises: the sentence as it is, with no formatting of its own."""
    return PydanticCustomError("mistake", "{sentence}", {"sentence": sentence})


def refuse(pattern: str, sentence: str) -> AfterValidator:
    """A validator that refuses text in which the pattern is found."""
    found = re.compile(pattern).search

    def check(text: str) -> str:
        if found(text):
            raise mistake(sentence)
        return text

    return AfterValidator(check)


def _one_argument(text: str) -> str:
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise mistake(f"longer than {LONGEST:,} bytes, with which no program can be started: put it into a script")
    return text


def _inside_the_release(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        raise mistake(f"expected a path inside the release (no leading / or ~, no ..), found {shown(path)}")
    return posixpath.normpath(path)


def _below_the_release(path: str) -> str:
    if path == ".":
        raise mistake("expected a path below the release's own directory, found the directory itself")
    if path.split("/")[0] in MADE_BY_THE_TOOL:
        raise mistake(f"{path.split('/')[0]!r} is the tool's own: name another path")
    return path


def _plainly_written(path: str) -> str:
    """Two spellings of one path would be two keys of one link."""
    if _inside_the_release(path) != path:
        raise mistake(f"write it as {shown(posixpath.normpath(path))}")
    return path


def _on_the_host(path: str) -> str:
    if not (path.startswith(("/", "~/")) or path == "~") or ".." in path.split("/"):
        raise mistake(f"expected a path that starts with / or ~/ and has no .., found {shown(path)}")
    return path


def _input(entry: str) -> str:
    path = entry.removeprefix("!")
    if not path:
        raise mistake("expected a path after the !")
    return entry.removesuffix(path) + _inside_the_release(path)


def _repository(url: str) -> str:
    if PASSWORD.search(url) or TOKEN.search(url):
        raise mistake("holds a password or token, which every host would keep in clear: use an SSH key (git@HOST:PATH)")
    return url


LONGEST_LINK = 200


def _live_link(name: str) -> str:
    if "/" in name or name.startswith(("-", ".")) or not name.isprintable():
        raise mistake(f"expected a plain name (no /, no leading - or ., no control characters), found {shown(name)}")
    if len(name.encode()) > LONGEST_LINK:
        raise mistake(f"expected at most {LONGEST_LINK} bytes: a time and an ending follow it in file names")
    if name == "repo.git":
        raise mistake("'repo.git' is where builds_dir keeps the repository: choose another name")
    if RELEASE_NAME.fullmatch(name):
        raise mistake(f"{shown(name)} reads like the name of a release: choose one that does not end in a time")
    return name


def _name(name: str) -> str:
    if not name.isprintable() or name.isspace():
        raise mistake(f"expected a name that can be printed, found {shown(name)}")
    return name


def _one_word(word: str) -> str:
    if not word.isprintable() or " " in word or word.startswith("-"):
        raise mistake("expected one word: no spaces, no control characters, no leading -")
    return word


def _variable(name: str) -> str:
    if name == "PATH":
        raise mistake("PATH cannot be set whole: list what comes before it under `path:`")
    if RESERVED_VARIABLE.fullmatch(name):
        raise mistake("is set by the tool for every command: choose another name")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise mistake("expected the name of a variable: letters, digits and _, not starting with a digit")
    return name


def _host_key(line: str) -> str:
    kind, *rest = line.split() or [""]
    start = len(kind).to_bytes(4) + kind.encode()
    try:
        blob = base64.b64decode(rest[0], validate=True)
    except (IndexError, ValueError):
        blob = b""
    if not (kind and line.isprintable() and blob.startswith(start) and blob != start):
        raise mistake('expected a public host key: "ssh-ed25519 AAAA...", as `ssh-keyscan HOST` prints after the name')
    return line


def _health_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise mistake("expected a URL such as http://127.0.0.1/health") from None
    if "@" in parts.netloc:
        raise mistake("holds a user name or password: leave it out of the URL")
    if parts.scheme not in ("http", "https") or not host or " " in url or not url.isprintable():
        raise mistake("expected a URL such as http://127.0.0.1/health")
    return url


def one_or_many(value: object) -> object:
    """`address: web1` is short for `address: [web1]`."""
    return [value] if isinstance(value, str) else value


def frozen(mapping: Mapping[str, str]) -> Mapping[str, str]:
    """A copy that nobody can change."""
    return MappingProxyType(dict(mapping))


def nothing() -> Mapping[str, str]:
    """The empty mapping that env and headers start from."""
    return frozen({})


def _checked(check: Callable[[str], str]) -> AfterValidator:
    return AfterValidator(check)


NotEmpty = StringConstraints(min_length=1)
LONGEST = 128_000
"""Bytes of one text: Linux starts no program with an argument or variable of 128 KiB or more (execve(2), MAX_ARG_STRLEN)."""

NO_NUL = refuse("\0", "holds a NUL character, which no command or path can")

Literally = Annotated[str, NO_NUL, _checked(_one_argument)]
Text = Annotated[str, NotEmpty, NO_NUL, _checked(_one_argument)]
Word = Annotated[str, NotEmpty, _checked(_one_word)]
Name = Annotated[str, NotEmpty, _checked(_name)]
User = Annotated[Word, refuse("[:@/]", "expected a user's name: no :, @ or /")]
EnvironmentName = Annotated[Word, refuse("[,@:/]", "expected a name that can follow -H: no , @ : or /")]
Repository = Annotated[Text, refuse("^-", "must not start with -"), _checked(_repository)]
LiveLink = Annotated[Text, _checked(_live_link)]
Variable = Annotated[Text, _checked(_variable)]
HostKey = Annotated[str, _checked(_host_key)]
HealthUrl = Annotated[Text, _checked(_health_url)]

InsidePath = Annotated[Text, _checked(_inside_the_release)]
BelowPath = Annotated[InsidePath, _checked(_below_the_release)]
LinkPath = Annotated[Text, _checked(_plainly_written), _checked(_below_the_release)]
HostPath = Annotated[Text, _checked(_on_the_host)]
HostDirectory = Annotated[HostPath, _checked(posixpath.normpath)]
Input = Annotated[Text, _checked(_input)]
SearchPath = Annotated[Text, refuse(":", "expected one directory: list several, do not join them with :")]

HeaderName = Annotated[str, refuse(r"\A\Z|[^!#$%&'*+.^_`|~0-9A-Za-z-]", "expected the name of an HTTP header")]
HeaderValue = Annotated[str, refuse(r"[\r\n\0]", "must not hold a line break: it would end the header")]

Many = Field(strict=False)
ReadOnly = (AfterValidator(frozen), PlainSerializer(dict))
