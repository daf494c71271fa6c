"""sudo of the embedded host: it runs commands that the policy allows, and says no as sudo does."""

import argparse
import fnmatch
import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from . import journal
from .layout import SERVICE_USER, USERS, Layout

ROOT = "root"


def main(folder: str, *words: str) -> int:
    """Run, or with -l only judge, one command."""
    layout = Layout(Path(folder))
    options = _parser().parse_args(words)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    journal.append(layout.run / "services.log", program="sudo", arguments=list(words))
    if not command:
        return _list_policy(layout) if options.list else _say("sudo: a command is required")
    program = shutil.which(command[0], path=layout.search_path(ROOT))
    if program is None:
        return _say(f"sudo: {command[0]}: command not found")
    command = [program, *command[1:]]
    if not allowed(_policy(layout), command, layout.search_path(ROOT)):
        caller = os.environ.get("USER", SERVICE_USER)
        return _say(f"Sorry, user {caller} is not allowed to execute '{shlex.join(command)}' as {options.user}.")
    if not options.list:
        os.execve(program, command, _environment(layout, options.user))  # noqa: S606
    print(shlex.join(command))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sudo", allow_abbrev=False)
    parser.add_argument("-n", "--non-interactive", action="store_true")
    parser.add_argument("-l", "--list", action="store_true")
    parser.add_argument("-u", "--user", default=ROOT)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def allowed(policy: Sequence[str], command: Sequence[str], path: str) -> bool:
    """Whether a line of the policy is the beginning of a command; its words may be globs."""
    return any(_begins(line, command, path) for line in policy)


def _begins(line: str, command: Sequence[str], path: str) -> bool:
    if line == "ALL":
        return True
    words = shlex.split(line)
    words[0] = shutil.which(words[0], path=path) or words[0]
    return len(words) <= len(command) and all(map(fnmatch.fnmatchcase, command, words))


def _policy(layout: Layout) -> list[str]:
    lines = (line.strip() for line in layout.sudoers.read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _list_policy(layout: Layout) -> int:
    print(f"User {SERVICE_USER} may run the following commands on sandbox:")
    for line in _policy(layout):
        print(f"    (ALL) NOPASSWD: {line}")
    return 0


def _environment(layout: Layout, user: str) -> dict[str, str]:
    """What sudo's env_reset leaves: nothing of the caller's but who called."""
    known = layout.environment(user if user in USERS else SERVICE_USER)
    path = layout.search_path(user)
    return {**known, "USER": user, "LOGNAME": user, "PATH": path, "SUDO_USER": os.environ.get("USER", SERVICE_USER)}


def _say(text: str) -> int:
    print(text, file=sys.stderr)
    return 1
