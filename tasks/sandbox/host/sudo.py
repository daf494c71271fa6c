"""sudo of the embedded host: it runs commands that the policy allows, and says no as sudo does."""

import argparse
import fnmatch
import os
import shlex
import shutil
import sys
from collections.abc import Sequence

from .layout import SERVICE_USER, USERS, Layout

ROOT = "root"


def main(layout: Layout, *words: str) -> int:
    """Run, or with -l only judge, one command."""
    options = _parser().parse_args(words)
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    policy, path = list(filter(str.strip, layout.sudoers.read_text().splitlines())), layout.search_path(ROOT)
    if options.list and not command:
        print(f"User {SERVICE_USER} may run the following commands on sandbox:")
        print(*(f"    (ALL) NOPASSWD: {line}" for line in policy), sep="\n")
        return 0
    program = shutil.which(command[0], path=path) if command else None
    if program is None:
        sys.exit(f"sudo: {command[0]}: command not found" if command else "sudo: a command is required")
    command = [program, *command[1:]]
    caller = os.environ.get("USER", SERVICE_USER)
    if not allowed(policy, command, path):
        sys.exit(f"Sorry, user {caller} is not allowed to execute '{shlex.join(command)}' as {options.user}.")
    if not options.list:
        os.execve(program, command, {**_environment(layout, options.user), "SUDO_USER": caller})  # noqa: S606
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
    """Whether a line of the policy is the beginning of a command, or ALL; its words may be globs."""
    for name, *words in map(shlex.split, policy):
        line = [shutil.which(name, path=path) or name, *words]
        if line == ["ALL"] or (len(line) <= len(command) and all(map(fnmatch.fnmatchcase, command, line))):
            return True
    return False


def _environment(layout: Layout, user: str) -> dict[str, str]:
    """What sudo's env_reset leaves: nothing of the caller's. The others have the home of the service user."""
    known = layout.environment(user if user in USERS else SERVICE_USER)
    return {**known, "USER": user, "LOGNAME": user, "PATH": layout.search_path(user)}
