"""What systemd and supervisor start: each command of a unit or a program, and as whom."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping

from tasks.host.services.nginx import expand
from tasks.host.services.scripts import SHARED, run_by
from tasks.host.services.units import is_nginx, is_php_fpm

EXEC = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost")
PROPERTIES = ",".join(
    [
        "Id,LoadState,ActiveState,CanReload,User,DynamicUser,WorkingDirectory,Environment,EnvironmentFiles,ControlGroup",
        "FragmentPath,DropInPaths",
        *(f"{name},{name}Ex" for name in EXEC),
    ]
)
COMMAND = re.compile(r"path=(.*?) ; argv\[\]=(.*?) ; (?:flags=(.*?)|ignore_errors=\w+) [;}]")
PRIVILEGED = ("privileged", "no-setuid", "ambient")
"""How systemctl shows +, ! and !! before a command: it is root's, or may be, whatever the user of its unit."""


class Runs:
    """A unit or a supervisor program; of each command its words, and whether it is root's whatever its user; settings."""

    def __init__(
        self, name: str, kind: str, user: str, folder: str, commands: list[tuple[list[str], bool]], about: dict[str, str]
    ) -> None:
        self.name, self.kind, self.user, self.folder, self.commands, self.about = name, kind, user, folder, commands, about
        self.label = f"{kind} {name}"

    def is_named(self, pattern: str) -> bool:
        """Does hosts.yml mean this one?"""
        if self.kind == "supervisor":
            return pattern.partition(":")[0] in (self.name, self.about["group"])
        names = self.about.get("Names", self.about["Id"]).split()
        return any(fnmatch.fnmatchcase(name, each) for name in names for each in (pattern, pattern + ".service"))

    def is_of(self, user: str) -> bool:
        """Does this user run it, by name or as number 0?"""
        return self.user in ((user, "0") if user == "root" else (user,))

    def started_by(self, user: str) -> list[list[str]]:
        """The words of each command that this user runs; root tests nginx and php-fpm whatever their user."""
        root = user == "root"
        return [
            words
            for words, privileged in self.commands
            if self.is_of(user) or (root and (privileged or is_nginx(words) or is_php_fpm(words)))
        ]

    def places(self, user: str) -> list[str]:
        """What this user runs: programs, scripts, and the directory that they start in."""
        found = [place for words in self.started_by(user) for place in run_by(words, self.folder)]
        own = self.folder if self.is_of(user) and not SHARED.fullmatch(self.folder) else ""
        return [place for place in (*found, own) if place]


def unit(about: dict[str, str]) -> Runs:
    """A unit of systemd from its properties."""
    lines = "\n".join(about.get(name + "Ex") or about.get(name, "") for name in EXEC)
    known = {name: [value] for name, value in re.findall(r"(\w+)=([^\s\"']+)", about.get("Environment", ""))}
    commands = [
        ([path, *expand(words, known)[0].split()[1:]], any(flag in flags.split() for flag in PRIVILEGED))
        for path, words, flags in COMMAND.findall(lines)
    ]
    user = about.get("User") or ("a dynamic user" if about.get("DynamicUser") == "yes" else "root")
    name = re.sub(r"\.service$", "", about.get("Id", ""))
    return Runs(name, "systemd", user, about.get("WorkingDirectory", "").lstrip("-!"), commands, about)


def programs(sections: Mapping[str, Mapping[str, str]]) -> list[Runs]:
    """The programs of supervisor from the sections of its files; each has its `group` among its settings."""
    usual = {key: value for key, value in sections.get("supervisord", {}).items() if key in ("user", "directory")}
    groups = {
        member.strip(): section.partition(":")[2]
        for section, about in sections.items()
        if section.startswith("group:")
        for member in about.get("programs", "").split(",")
    }
    found = []
    for section, about in sections.items():
        kind, _, name = section.partition(":")
        if kind in ("program", "fcgi-program", "eventlistener"):
            settings = {"user": "root", "directory": "", **usual, **about, "group": groups.get(name, name)}
            found.append(Runs(name, "supervisor", settings["user"], settings["directory"], [(_words(about), False)], settings))
    return found


def _words(about: Mapping[str, str]) -> list[str]:
    import shlex  # only where there is a supervisor

    command = about.get("command", "")
    try:
        return shlex.split(command)  # as supervisor does
    except ValueError:
        return command.split()
