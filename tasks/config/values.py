"""The kinds of text that hosts.yml may hold, each with the one sentence that says what is wrong with another."""

import base64
import posixpath
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

from tasks.config.words import shown

LONGEST = 128_000
"""Bytes of one text: Linux starts no program with an argument or variable of 128 KiB or more (execve(2), MAX_ARG_STRLEN)."""

RELEASE_NAME = re.compile(r".*-\d{8}T\d{6}Z", re.DOTALL)


def mistake(sentence: str) -> PydanticCustomError:
    """The error that a validator raises: the sentence as it is, with no formatting of its own."""
    return PydanticCustomError("mistake", "{sentence}", {"sentence": sentence})


def refuse(bad: str | Callable[[Any], object], sentence: str) -> AfterValidator:
    """A validator that refuses text in which a pattern, or a function, finds something. {} in the sentence is that text."""
    found = re.compile(bad).search if isinstance(bad, str) else bad

    def check(text: Any) -> Any:
        if found(text):
            raise mistake(sentence.replace("{}", shown(text)) if "{}" in sentence else sentence)
        return text

    return AfterValidator(check)


def short(long: Callable[[str], Any], form: Any) -> BeforeValidator:
    """Text stands for a longer form."""
    return BeforeValidator(lambda value: long(value) if isinstance(value, str) else value, json_schema_input_type=str | form)


def _inside(path: str) -> str:
    if path.startswith(("/", "~")) or ".." in path.split("/"):
        raise mistake(f"expected a path inside the release (no leading / or ~, no ..), found {shown(path)}")
    return posixpath.normpath(path)


def _plainly_written(path: str) -> str:
    """Two spellings of one path would be two keys of one link."""
    if _inside(path) != path:
        raise mistake(f"write it as {shown(posixpath.normpath(path))}")
    return path


def _input(entry: str) -> str:
    path = entry.removeprefix("!")
    if not path:
        raise mistake("expected a path after the !")
    return entry.removesuffix(path) + _inside(path)


def _is_no_key(line: str) -> bool:
    kind, *rest = line.split() or [""]
    try:
        start = len(kind).to_bytes(4) + kind.encode()
        blob = base64.b64decode(rest[0], validate=True)
    except (IndexError, ValueError):
        return True
    return not (kind and line.isprintable() and blob.startswith(start) and blob != start)


def _health_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise mistake(NO_URL) from None
    if "@" in parts.netloc:
        raise mistake("holds a user name or password: leave it out of the URL")
    if parts.scheme not in ("http", "https") or not host or " " in url or not url.isprintable():
        raise mistake(NO_URL)
    return url


NotEmpty = StringConstraints(min_length=1)
NO_NUL = refuse("\0", "holds a NUL character, which no command or path can")
NO_URL = "expected a URL such as http://127.0.0.1/health"
NO_WORD = "expected one word: no spaces, no control characters, no leading -"
FITS = refuse(
    lambda text: len(text.encode("utf-8", "surrogatepass")) > LONGEST,
    f"longer than {LONGEST:,} bytes, with which no program can be started: put it into a script",
)

Literally = Annotated[str, NO_NUL, FITS]
Text = Annotated[str, NotEmpty, NO_NUL, FITS]
Word = Annotated[str, NotEmpty, refuse(lambda word: not word.isprintable() or " " in word or word.startswith("-"), NO_WORD)]
HostAddress = Annotated[
    Word,
    refuse("@", "expected an address without a user, found {}: release_user and service_user log in"),
    refuse("/", "expected a name or an address, found {}: no URL, and no path"),
    refuse(r"\A\[", "expected an address without brackets, found {}: its port is a key of its own, port"),
    refuse(r"\A[^:]*:[^:]*\Z", "expected an address without a port, found {}: its port is a key of its own, port"),
]
Name = Annotated[
    str,
    NotEmpty,
    refuse(lambda name: not name.isprintable() or name.isspace(), "expected a name that can be printed, found {}"),
]
User = Annotated[Word, refuse("[:@/]", "expected a user's name: no :, @ or /")]
EnvironmentName = Annotated[Word, refuse("[,@:/]", "expected a name that can follow -H: no , @ : or /")]
HostKey = Annotated[
    str,
    refuse(_is_no_key, 'expected a public host key: "ssh-ed25519 AAAA...", as `ssh-keyscan HOST` prints after the name'),
]
LEAKING = (
    r"://[^/@]*:(?!\d*/)[^@]*@|^[^/@:]+:[^/@]+@[^/:]+:|://(?i:gh[a-z]_|github_pat_|glpat-)[^/]*@"
    r"|[?&](?i:\w*(token|password|secret|key))="
)
Repository = Annotated[
    Text,
    refuse("^-", "must not start with -"),
    refuse(r"\A\s|\s\Z|[\0-\x1f\x7f]", "expected a URL or a path, without control characters, and without blanks around it"),
    refuse(
        lambda url: re.search(LEAKING, url) or re.search(LEAKING, unquote(url)),
        "holds a password or token, which every host would keep in clear: use an SSH key (git@HOST:PATH)",
    ),
]
TargetGroup = Annotated[
    Text,
    refuse(
        r"\A(?!arn:aws[a-z-]*:elasticloadbalancing:[a-z]{2,}(-[a-z]+)+-\d+:\d{12}:targetgroup/[A-Za-z0-9-]+/[0-9a-f]+\Z)",
        "expected the ARN of a target group (arn:aws:elasticloadbalancing:REGION:ACCOUNT:targetgroup/NAME/ID), found {}",
    ),
]
LiveLink = Annotated[
    Text,
    refuse(
        lambda name: "/" in name or name.startswith(("-", ".")) or not name.isprintable(),
        "expected a plain name (no /, no leading - or ., no control characters), found {}",
    ),
    refuse(lambda name: len(name.encode()) > 200, "expected at most 200 bytes: a time and an ending follow it in file names"),
    refuse(r"\Arepo\.git\Z", "{} is where builds_dir keeps the repository: choose another name"),
    refuse(RELEASE_NAME.fullmatch, "{} reads like the name of a release: choose one that does not end in a time"),
]
Variable = Annotated[
    Text,
    refuse(r"\APATH\Z", "PATH cannot be set whole: list what comes before it under `path:`"),
    refuse(r"\A(LIVE_LINK_NAME|RELEASE_.*)\Z", "is set by the tool for every command: choose another name"),
    refuse(r"\A[0-9]|[^A-Za-z0-9_]", "expected the name of a variable: letters, digits and _, not starting with a digit"),
]
NO_PATH = "expected a path such as /health"
RequestPath = Annotated[Text, refuse(lambda path: not path.startswith("/") or " " in path or not path.isprintable(), NO_PATH)]
HealthUrl = Annotated[Text, AfterValidator(_health_url)]

InsidePath = Annotated[Text, AfterValidator(_inside)]
BELOW = (
    refuse(r"\A\.\Z", "expected a path below the release's own directory, found the directory itself"),
    refuse(r"\A\.git(/|\Z)", "'.git' is the tool's own: name another path"),
    refuse(r"\Arelease\.json(/|\Z)", "'release.json' is the tool's own: name another path"),
)
BelowPath = Annotated[InsidePath, *BELOW]
LinkPath = Annotated[Text, AfterValidator(_plainly_written), *BELOW]
HostPath = Annotated[
    Text, refuse(r"\A(?!/|~/|~\Z)|(\A|/)\.\.(/|\Z)", "expected a path that starts with / or ~/ and has no .., found {}")
]
HostDirectory = Annotated[HostPath, AfterValidator(posixpath.normpath)]
Input = Annotated[Text, AfterValidator(_input)]
SearchPath = Annotated[Text, refuse(":", "expected one directory: list several, do not join them with :")]

BATCH = "expected a number of hosts, or a share of them such as 25%, found {}"
Batch = Annotated[
    Literally,
    BeforeValidator(lambda value: str(value) if type(value) is int else value, json_schema_input_type=int | str),
    refuse(r"\A(?!([1-9][0-9]{0,3}|([1-9]|[1-9][0-9]|100)%)\Z)", BATCH),
]

HeaderName = Annotated[str, refuse(r"\A\Z|[^!#$%&'*+.^_`|~0-9A-Za-z-]", "expected the name of an HTTP header")]
HeaderValue = Annotated[str, refuse(r"[\r\n\0]", "must not hold a line break: it would end the header")]

Many = Field(strict=False)
ReadOnly = (AfterValidator(lambda mapping: MappingProxyType(dict(mapping))), PlainSerializer(dict))
