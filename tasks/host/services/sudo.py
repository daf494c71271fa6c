"""What the service user's sudo would do, asked without doing it."""

from __future__ import annotations

import os
import pwd
import re
from typing import TYPE_CHECKING

from tasks.host import programs
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.services.needed import commands
from tasks.host.services.processes import hidden
from tasks.host.services.service import ASKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tasks.host.run import Run

NEXT = (
    "put the command into the sudoers of the service user, NOPASSWD (check --sudoers prints all of them), "
    "then type the same again"
)
HIDDEN = "the processes of others are hidden on this host (hidepid of /proc): what they run cannot be shown"
SHOWN = "sudo mount -o remount,hidepid=0 /proc, or give it the gid of a group of the service user"
_GLOB = re.compile(r"\\.|\[[!^]?\]?[^\]]*\]|.", re.S)


def try_command(run: Run, words: Sequence[str], user: str = "root") -> None:
    """Fail unless sudo would run this very command, as this user, without a password."""
    if not allows(run, words, user):
        raise Failed(f"sudo refuses {login()} this command: {' '.join(map(quoted, words))}", NEXT)


def try_service(run: Run, kind: str, action: str, name: str) -> None:
    """Try what acting on a service takes besides the action: the tests, the look at processes, the question to php-fpm."""
    if hidden():
        raise Failed(HIDDEN, SHOWN)
    for user, words in commands(run, kind, action, name, now=True):
        try_command(run, words, user)


def allows(run: Run, words: Sequence[str], user: str = "root") -> bool:
    """Whether sudo would run this very command, and ask for no password."""
    asked = ["sudo", "-n", "-l", "-u", user, "--", *words]
    done = programs.run(asked, seconds=ASKED, errors=run.log.descriptor)
    if done.code:
        return False
    if not run.sudo_rules:
        environment = {**programs.inherited(), "LC_ALL": "C"}
        listed = programs.run(["sudo", "-n", "-ll"], seconds=ASKED, errors=run.log.descriptor, env=environment)
        run.sudo_rules = listed.text
    return is_free(run.sudo_rules.splitlines(), user, done.text)


def is_free(listed: Iterable[str], user: str, command: str) -> bool:
    """Whether the rules that `sudo -ll` lists let this command, as `sudo -l` prints it, run without a password.

    `sudo -l COMMAND` answers yes even where it would ask for one, as soon as any other rule has NOPASSWD; so the last rule that
    matches decides here, as it does in sudo.
    """
    free, concerns, answer = False, True, True
    for line in listed:
        if line.startswith("Sudoers entry:"):
            free, concerns = False, True
        elif " RunAsUsers: " in line:
            concerns = concerns and _runs_as(user, line.partition("RunAsUsers: ")[2])
        elif " Options: " in line and "!authenticate" in line:
            free = True
        elif "!authenticate" in line:
            return True  # a default, for every command
        elif line.startswith("\t") and concerns and _matches(line[1:], command):
            answer = free
    return answer


def _runs_as(user: str, names: str) -> bool:
    """A list of plain names decides who it is for; groups, ids and exclusions are left to sudo's own yes."""
    return bool(re.search("[%#!+]", names)) or not {user, "ALL"}.isdisjoint(names.split(", "))


def _matches(rule: str, command: str) -> bool:
    """A rule is a glob; one without arguments takes any."""
    pattern = _GLOB.sub(_piece, rule)
    try:
        found = re.fullmatch(pattern if " " in rule else f"{pattern}( .*)?", command, re.S)
    except re.error:
        found = None
    return rule in ("ALL", command) or bool(found)


def _piece(found: re.Match[str]) -> str:
    text = found[0]
    if text in ("*", "?"):
        return ".*" if text == "*" else "."
    if text[0] == "[" and len(text) > 2:
        negated = text[1] in "!^"
        inner = text[2 if negated else 1 : -1].replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
        return f"[{'^' if negated else ''}{inner}]"
    return re.escape(text[1] if text[0] == "\\" and len(text) > 1 else text)


def login() -> str:
    """The name that this program's user logged in with."""
    if os.environ.get("USER"):
        return os.environ["USER"]
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
