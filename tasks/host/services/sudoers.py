"""The smallest sudoers file with which post-release works, as this host needs it."""

from __future__ import annotations

import grp
import os
import re
from collections.abc import Sequence

from tasks.host.run import Run
from tasks.host.services.sudo import commands, login

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def rule(run: Run, words: Sequence[str], user: str = "root") -> None:
    """Print a line for a command; every word is exactly itself, but for the process that is looked at."""
    from shutil import which  # takes long to import

    program = which(words[0], path=PATH)
    if not program:
        return run.report.text(f"# {words[0]} is not on this host")
    arguments = ("/proc/[0-9]*" if word == "/proc/1/cwd" else escaped(word) for word in words[1:])
    return run.report.text(f"{login()} ALL=({user}) NOPASSWD: {' '.join([program, *arguments])}")


def service_rules(run: Run, kind: str, action: str, name: str) -> None:
    """Print a line for each command that following a service and its proof take besides the action itself."""
    for user, words in commands(run, [(kind, action, name)]):
        rule(run, words, user)


def journal(run: Run) -> None:
    """Print how the last words of a service that does not come up can be read, where they cannot."""
    readers = {group.gr_gid for group in grp.getgrall() if group.gr_name in ("adm", "systemd-journal")}
    if readers.isdisjoint({os.getegid(), *os.getgroups()}):
        run.report.text(f"# so that a failure shows the journal: sudo usermod --append --groups systemd-journal {login()}")


def escaped(word: str) -> str:
    """What sudoers reads as this word and no other: sudo unquotes a backslash once, and its glob once more."""
    return re.sub(r'[\[\]\\,:=*?!#"]', lambda found: "\\" * (4 if found[0] == "\\" else 1) + found[0].replace("\\", ""), word)
