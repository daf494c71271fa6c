"""The files of supervisor, read without root, and the words of supervisorctl."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Sequence

from tasks.host import files

MAIN = ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisord/supervisord.conf")
OWN = re.compile(
    r"(?:unix|http)://\S+ (?:refused connection|no such file)|\S*: ERROR \(no such (?:process|group)\)|requires authentication"
)
CONTROL = ("supervisorctl", "-c", MAIN[0])
"""How commands begin. Without -c, supervisorctl takes the supervisord.conf of the directory that it is started in, as root."""


def main_file() -> str:
    """The main file; "" on a host that has none in a usual place."""
    return next((file for file in MAIN if os.path.exists(file)), "")


def named(words: Sequence[str]) -> list[str]:
    """A command with the main file of this host, where it begins like CONTROL; without -c where there is none."""
    if tuple(words[:3]) != CONTROL:
        return list(words)
    main = main_file()
    return [words[0], *(["-c", main] if main else []), *words[3:]]


def reason(printed: str) -> str:
    """Why supervisorctl has no answer, in its own words where they are known: others quote its files, and secrets."""
    known = OWN.search(printed)
    return known[0] if known else "something else was printed" if printed else "nothing was printed"


def only_ended(printed: str, may_end: Iterable[str]) -> bool:
    """Whether supervisorctl has failed for programs alone that may do their work and end, and did so before it looked."""
    failed = re.findall(r"^\S+: ERROR .*", printed, re.M)
    ended = {f"{program}: ERROR (abnormal termination)" for program in may_end}
    return bool(failed) and ended.issuperset(failed)


def sections(main: str) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The sections of the main file and of those that it includes, and the patterns of these.

    Raises OSError or configparser.Error where a file cannot be read.
    """
    import configparser

    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";",), allow_no_value=True)
    parser.read_string(files.read(main).decode("utf-8", "surrogateescape"), main)
    here = os.path.dirname(main)
    named = parser.get("include", "files", fallback="") or ""
    patterns = [os.path.join(here, pattern) for pattern in named.replace("%(here)s", here).split()]
    for name in (name for pattern in patterns for name in sorted(glob.glob(pattern))):
        parser.read_string(files.read(name).decode("utf-8", "surrogateescape"), name)
    return {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}, patterns
