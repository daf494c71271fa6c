"""The smallest sudoers file with which post-release works, as this host needs it."""

from __future__ import annotations

import grp
import os
import re
from typing import TYPE_CHECKING

from tasks.host.services.needed import commands
from tasks.host.services.sudo import login

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.run import Run

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
JOURNAL_GROUPS = {"adm", "systemd-journal"}


def rule(run: Run, words: Sequence[str], user: str = "root") -> None:
    """Print a line for a command; every word is exactly itself, but for the process that is looked at."""
    program = _find(words[0])
    if not program:
        return run.report.text(f"# {words[0]} is not on this host")
    arguments = ("/proc/[0-9]*" if word == "/proc/1/cwd" else escaped(word) for word in words[1:])
    return run.report.text(f"{login()} ALL=({user}) NOPASSWD: {' '.join([program, *arguments])}")


def service_rules(run: Run, kind: str, action: str, name: str) -> None:
    """Print a line for each command that following a service and its proof take besides the action itself."""
    for user, words in commands(run, kind, action, name):
        rule(run, words, user)


def journal(run: Run) -> None:
    """Print how the last words of a service that does not come up can be read, where they cannot."""
    groups = {number: entry.gr_name for number in {os.getegid(), *os.getgroups()} for entry in _group(number)}
    if JOURNAL_GROUPS.isdisjoint(groups.values()):
        text = f"# so that a failure shows the journal: sudo usermod --append --groups systemd-journal {login()}"
        run.report.text(text)


def escaped(word: str) -> str:
    """What sudoers reads as this word and no other: sudo unquotes a backslash once, and its glob once more."""
    return re.sub(r'[\[\]\\,:=*?!#"]', lambda found: "\\" * (4 if found[0] == "\\" else 1) + found[0].replace("\\", ""), word)


def _find(program: str) -> str:
    places = [program] if "/" in program else [f"{folder}/{program}" for folder in PATH.split(":")]
    return next((place for place in places if os.path.isfile(place) and os.access(place, os.X_OK)), "")


def _group(number: int) -> list[grp.struct_group]:
    try:
        return [grp.getgrgid(number)]
    except KeyError:
        return []
