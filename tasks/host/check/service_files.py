"""What systemd and supervisor start, read without root, and what of it is code of a release."""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
from collections.abc import Sequence

from tasks.host.check.asking import ask
from tasks.host.services import supervisor
from tasks.host.services.units import units_in

EXEC = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost")
ABOUT = (
    "Id,Names,LoadState,ActiveState,CanReload,User,DynamicUser,WorkingDirectory,RuntimeDirectory,EnvironmentFiles,ControlGroup,"
    "TimeoutStopUSec,KillSignal,FragmentPath,DropInPaths,StandardOutput,StandardError"
)
PROPERTIES = ",".join([ABOUT, *EXEC, *(name + "Ex" for name in EXEC)])
COMMAND = re.compile(r"path=.*? ; argv\[\]=(.*?) ; (?:flags=(.*?)|ignore_errors=\w+) ;")

INTERPRETER = re.compile(
    r"(?:php(?:-fpm)?|python|perl|ruby|node|nodejs|bun|deno|npm|npx|yarn|pnpm|java|bash|dash|sh|zsh|ksh|env|nice|ionice|timeout|flock"
    r"|xargs|make|composer|nginx|supervisord|gunicorn|uvicorn|caddy|frankenphp|rr)[\d.]*"
)
"""Programs that run, or read as configuration, a file that is an argument."""


class Runs:
    """A unit or a supervisor program; of each command its words, and whether it is root's whoever its user; settings."""

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


def units() -> list[Runs]:
    """Every service that systemd has loaded or has a file of, of templates the instances; [] where it does not answer."""
    listed = ask(["systemctl", "list-unit-files", "--type=service", "--no-legend", "--plain", "--no-pager"]).text
    names = [name for name in re.findall(r"^([\w:.\\@-]+\.service)\s", listed, re.M) if "@." not in name]
    shown = ask(["systemctl", "show", "--no-pager", "--property=" + PROPERTIES, "--", "*.service", *names])
    known = [about for about in units_in("" if shown.code else shown.text) if about.get("LoadState") != "not-found"]
    return list({about["Id"]: unit(about) for about in known if about.get("Id")}.values())


def unit(about: dict[str, str]) -> Runs:
    """A unit of systemd from its properties."""
    lines = "\n".join(about.get(name + "Ex") or about.get(name, "") for name in EXEC)
    commands = [(words.split(), "privileged" in flags) for words, flags in COMMAND.findall(lines)]
    user = about.get("User") or ("a dynamic user" if about.get("DynamicUser") == "yes" else "root")
    name = re.sub(r"\.service$", "", about["Id"])
    return Runs(name, "systemd", user, about.get("WorkingDirectory", "").lstrip("-!"), commands, about)


class Supervisor:
    """The programs of supervisor, from its files, and the names of each group's processes; none on a host that has none."""

    def __init__(self) -> None:
        self.programs: list[Runs] = []
        self.groups: dict[str, set[str]] = {}
        self.sections: dict[str, dict[str, str]] = {}

    def read(self) -> None:
        """Read the files. OSError or configparser.Error where they cannot be."""
        main = supervisor.main_file()
        sections = self.sections = supervisor.sections(main)[0] if main else {}
        runs_as = sections.get("supervisord", {}).get("user", "root")
        groups = {
            member.strip(): section.partition(":")[2]
            for section, about in sections.items()
            if section.startswith("group:")
            for member in about.get("programs", "").split(",")
        }
        for section, about in sections.items():
            kind, _, name = section.partition(":")
            if kind in ("program", "fcgi-program", "eventlistener"):
                group = groups.get(name, name)
                first, count = int(about.get("numprocs_start", "0")), int(about.get("numprocs", "1"))
                form = about.get("process_name", "%(program_name)s")
                named = ({"program_name": name, "group_name": group, "process_num": at} for at in range(first, first + count))
                self.groups.setdefault(group, set()).update(form % each for each in named)
                user, folder = about.get("user", runs_as), about.get("directory", "")
                commands = [(_words(about.get("command", "")), False)]
                self.programs.append(Runs(name, "supervisor", user, folder, commands, {**about, "group": group}))

    def has(self, name: str) -> bool:
        """Is this what supervisorctl would act on: a process, or GROUP:PROCESS, or GROUP:*?"""
        group, colon, process = name.partition(":")
        known = {"", "*", *self.groups[group]} if group in self.groups else set()
        return name == "all" or (process if colon else group) in known

    def meant(self, name: str) -> str:
        """How a name that supervisor does not know is written, where its files show that; else ""."""
        if name in self.groups:
            return name + ":*"
        return next((f"{group}:{name}" for group, members in self.groups.items() if name in members), "")


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)  # as supervisor does
    except ValueError:
        return command.split()


class Code:
    """The places whose files the release user writes: the live link, and the releases."""

    def __init__(self, *places: str) -> None:
        known = sorted({name for place in places if place for name in (place, os.path.realpath(place))}) or ["\0"]
        anyone = "|".join(map(re.escape, known))
        self.names = re.compile(rf"(?<![\w/.-])(?:{anyone})(?:/[^\s'\";]*)?(?![\w.-])")

    def at(self, path: str) -> str:
        """A path that lies there, be it through a link; else ""."""
        return next((name for name in (path, os.path.realpath(path)) if path.startswith("/") and self.names.match(name)), "")

    def run_by(self, words: Sequence[str], folder: str) -> str:
        """What of it a command runs: its program, an interpreter's argument, or the folder that it starts in; else ""."""
        if not words:
            return ""
        argument = self.names.search(" ".join(words[1:])) if INTERPRETER.fullmatch(os.path.basename(words[0])) else None
        return self.at(words[0]) or (argument[0] if argument else "") or self.at(folder)

    def run_as(self, runs: Runs, *users: str) -> str:
        """What of it a unit or a program runs as one of these users, or reads its environment from; else ""."""
        theirs, root = runs.user in users, "root" in users
        found = [self.run_by(words, runs.folder) for words, privileged in runs.commands if theirs or (root and privileged)]
        found += [self.at(line.split(" (")[0]) for line in runs.about.get("EnvironmentFiles", "").split("\n") if theirs]
        return next(filter(None, found), "")
