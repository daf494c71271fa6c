"""What the service user's sudo would do, asked without doing it, and the smallest sudoers file for post-release."""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from tasks.host import programs
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.process_links import FIND
from tasks.host.run import Run
from tasks.host.services import supervisor
from tasks.host.services.fpm import needed, users
from tasks.host.services.probe import INSTALL, installed, live_link
from tasks.host.services.service import ASKED, Service
from tasks.host.services.units import nginx_tests

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NEXT = (
    "# put the command into the sudoers of the service user, NOPASSWD (check --sudoers prints all of them), "
    "then type the same again"
)
ADVICE = (
    ("have a tty", "sudo visudo # on the host: Defaults:USER !requiretty, for the service user; then type the same again"),
    (
        "command not found",
        "sudo visudo # sudo looks for programs in secure_path alone (Defaults secure_path): add its directory there,"
        " or write the command with its full path; then type the same again",
    ),
    ("no sudo", "apt-get install sudo # as root; then type the same again"),
)
"""What sudo says that no NOPASSWD mends, and what to do then."""

KILL = ["kill"]
"""How a stray process is ended, as its own user: a rule for that reaches nobody else's processes."""

HIDDEN = "the processes of others are hidden on this host (hidepid of /proc): what they run cannot be shown"
SHOWN = "sudo mount -o remount,hidepid=0 /proc # or give it the gid of a group of the service user"


def commands(run: Run, services: Iterable[Sequence[str]], *, now: bool = False) -> list[tuple[str, list[str]]]:
    """What following services (kind, action, name) and their proof take through sudo besides the actions, each with its user.

    `now`: what would run now: the probe is installed only where another one is, or none.
    """
    found = [("root", [*FIND])]
    for service in services:
        units = Service(*service).units()
        found += [*(("root", words) for words in nginx_tests(units)), *needed(units, live_link(run))]
    unique = [each for at, each in enumerate(found) if each not in found[:at]]
    return [each for each in unique if not (now and each[1] == INSTALL and installed())]


def try_command(run: Run, words: Sequence[str], user: str = "root") -> None:
    """Fail unless sudo would run this very command, as this user, without a password."""
    refused = refusal(run, words, user)
    if refused:
        raise Failed(*refused)


def refusal(run: Run, words: Sequence[str], user: str = "root") -> tuple[str, str] | None:
    """None where sudo would run this command; else what is wrong, in sudo's own words where it has any, and what to do."""
    words = supervisor.named(words)
    if allows(run, words, user):
        return None
    what = f"sudo refuses {login()} this command: {' '.join(map(quoted, words))}"
    said = reason(programs.run(_question(words, user), seconds=ASKED, env=_plain()))
    todo = next((todo for pattern, todo in ADVICE if re.search(pattern, said)), NEXT)
    return f"{what}; it says: {said}" if said else what, todo


def reason(done: programs.Done) -> str:
    """The last line that sudo printed with its refusal; "" where it has only listed or printed nothing."""
    if done.code == programs.NOT_FOUND and not done.output:
        return "there is no sudo"
    lines = [line.strip() for line in done.text.split("\n") if line.strip()] if done.code else []
    return lines[-1] if lines else ""


def allows(run: Run, words: Sequence[str], user: str = "root") -> bool:
    """Whether sudo would run this very command, and ask for no password."""
    words = supervisor.named(words)
    done = programs.run(_question(words, user), seconds=ASKED, errors=run.log.descriptor)
    if done.code:
        return False
    if not run.sudo_rules:
        listed = programs.run(["sudo", "-n", "-ll"], seconds=ASKED, errors=run.log.descriptor, env=_plain())
        run.sudo_rules = listed.text
    return is_free(run.sudo_rules.split("\n"), user, done.text)


def _question(words: Sequence[str], user: str) -> list[str]:
    return ["sudo", "-n", "-l", "-u", user, "--", *words]


def _plain() -> dict[str, str]:
    return {**programs.inherited(), "LC_ALL": "C"}


def is_free(listed: Iterable[str], user: str, command: str) -> bool:
    """Whether the rules that `sudo -ll` lists let this command, as `sudo -l` prints it, run without a password.

    As in sudo, the last rule that matches decides; `sudo -l COMMAND` answers yes as soon as any rule has NOPASSWD.
    """
    free, concerns, answer = False, True, True
    for line in listed:
        if line.startswith("Sudoers entry:"):
            free, concerns = False, True
        elif " RunAsUsers: " in line:
            names = line.partition("RunAsUsers: ")[2]  # those of groups, ids and exclusions are left to sudo's own yes
            concerns = concerns and bool(re.search("[%#!+]", names) or {user, "ALL"} & {*names.split(", ")})
        elif " Options: " in line and "!authenticate" in line:
            free = True
        elif "!authenticate" in line:
            return True  # a default, for every command
        elif line.startswith("\t") and concerns and _matches(line[1:], command):
            answer = free
    return answer


def _matches(rule: str, command: str) -> bool:
    """A rule is a glob in which a backslash quotes; one without arguments takes any."""
    pattern = re.sub(r"\\(.)|\[\^?(\]?[^\]]*\])|\[", _as_in_python, rule, flags=re.S)
    try:
        found = fnmatchcase(command, pattern) or (" " not in rule and fnmatchcase(command, f"{pattern} *"))
    except re.error:
        found = False
    return found or rule in ("ALL", command)


def _as_in_python(found: re.Match[str]) -> str:
    """A special character that is quoted, or opens no set, is a set of one; a set that excludes begins with "!"."""
    if found[2]:
        return f"[!{found[2]}" if found[0].startswith("[^") else found[0]
    char = found[1] or "["
    return f"[{char}]" if char in "*?[" else char


def login() -> str:
    """The name that this program's user logged in with."""
    try:
        return os.environ.get("USER") or pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def rule(run: Run, words: Sequence[str], user: str = "root") -> None:
    """Print a line for a command; every word is exactly itself."""
    words = supervisor.named(words)
    from shutil import which  # takes long to import

    program = which(words[0], path=PATH)
    if not program:
        return run.report.text(f"# {words[0]} is not on this host")
    if words == INSTALL:
        run.report.text(f"# the next rule lets {login()} choose what the users of the pools run: it can do all that they can")
    return run.report.text(f"{login()} ALL=({user}) NOPASSWD: {' '.join([program, *map(escaped, words[1:])])}")


def service_rules(run: Run, kind: str, action: str, name: str) -> None:
    """Print a line for each command that following a service and its proof take besides the action itself."""
    for user, words in commands(run, [(kind, action, name)]):
        rule(run, words, user)
    for user in users(Service(kind, action, name).units()):
        run.report.text(f"# post-release --end-strays alone needs the next rule: it ends processes of {user}, and no other's")
        rule(run, KILL, user)


def journal(run: Run) -> None:
    """Print how the last words of a service that does not come up can be read, where they cannot."""
    readers = {group.gr_gid for group in grp.getgrall() if group.gr_name in ("adm", "systemd-journal")}
    if not readers & {os.getegid(), *os.getgroups()}:
        run.report.text(f"# so that a failure shows the journal: sudo usermod --append --groups systemd-journal {login()}")


def escaped(word: str) -> str:
    """What sudoers reads as this word and no other: sudo unquotes a backslash once, and its glob once more."""
    return re.sub(r'[\[\]\\,:=*?!#"]', lambda found: "\\" * (4 if found[0] == "\\" else 1) + found[0].replace("\\", ""), word)
