"""What systemd and supervisor start, read without root."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from typing import TYPE_CHECKING

from tasks.host.check.asking import ask

if TYPE_CHECKING:
    Sections = dict[str, dict[str, str]]

EXEC = ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop", "ExecStopPost")
ABOUT = (
    "Id,Names,LoadState,ActiveState,CanReload,User,DynamicUser,WorkingDirectory,RuntimeDirectory,EnvironmentFiles,ControlGroup,"
    "TimeoutStopUSec,KillSignal"
)
PROPERTIES = ",".join([ABOUT, *EXEC, *(name + "Ex" for name in EXEC)])
COMMAND = re.compile(r"path=(.*?) ; argv\[\]=(.*?) ; (?:flags=(.*?)|ignore_errors=\w+) ;")
SUPERVISOR = ("/etc/supervisor/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisord/supervisord.conf")


class Command:
    """The words of a program that is started; `privileged` when it is root's whatever the user of the unit."""

    def __init__(self, words: list[str], privileged: bool = False) -> None:
        self.words, self.privileged = words, privileged


class Runs:
    """A unit or a supervisor program: as whom it runs what, from which folder. `about` has its further settings."""

    def __init__(self, name: str, kind: str, user: str, folder: str, commands: list[Command], about: dict[str, str]) -> None:
        self.name, self.kind, self.user, self.folder, self.commands, self.about = name, kind, user, folder, commands, about

    @property
    def label(self) -> str:
        """Its kind and its name."""
        return f"{self.kind} {self.name}"

    def is_named(self, pattern: str) -> bool:
        """Does hosts.yml mean this one?"""
        if self.kind == "supervisor":
            return pattern.partition(":")[0] in (self.name, self.about["group"])
        names = self.about.get("Names", self.about["Id"]).split()
        return any(fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, pattern + ".service") for name in names)


def units() -> list[Runs]:
    """Every service that systemd has loaded or has a file of, of templates the instances; [] where it does not answer."""
    listed = ask(["systemctl", "list-unit-files", "--type=service", "--no-legend", "--plain", "--no-pager"]).text
    names = [line.split()[0] for line in listed.splitlines() if re.match(r"[\w:.\\@-]+\.service\s", line) and "@." not in line]
    shown = ask(["systemctl", "show", "--no-pager", "--property=" + PROPERTIES, "--", "*.service", *names])
    found: dict[str, Runs] = {}
    for block in shown.text.split("\n\n") if not shown.code else []:
        about = properties(block)
        if about.get("Id") and about.get("LoadState") != "not-found":
            found[about["Id"]] = unit(about)
    return list(found.values())


def properties(block: str) -> dict[str, str]:
    """KEY=VALUE lines. Of a key with several lines, all of them."""
    found: dict[str, str] = {}
    for line in block.strip().splitlines():
        key, _, value = line.partition("=")
        found[key] = found[key] + "\n" + value if key in found else value
    return found


def unit(about: dict[str, str]) -> Runs:
    """A unit of systemd from its properties."""
    lines = "\n".join(about.get(name + "Ex") or about.get(name, "") for name in EXEC)
    commands = [Command(words.split(), "privileged" in (flags or "")) for _, words, flags in COMMAND.findall(lines)]
    user = about.get("User", "") or ("" if about.get("DynamicUser") != "yes" else "a dynamic user")
    name = re.sub(r"\.service$", "", about["Id"])
    return Runs(name, "systemd", user or "root", about.get("WorkingDirectory", "").lstrip("-!"), commands, about)


class Supervisor:
    """The programs of supervisor, from its files. `file` is "" on a host that has none."""

    def __init__(self) -> None:
        self.file = next((file for file in SUPERVISOR if os.path.exists(file)), "")
        self.programs: list[Runs] = []
        self.groups: dict[str, set[str]] = {}

    def read(self) -> None:
        """Read the files. OSError or configparser.Error where they cannot be."""
        if self.file:
            self._add(self._sections())

    def _sections(self) -> Sections:
        import configparser

        parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";",), allow_no_value=True)
        with open(self.file, encoding="utf-8", errors="surrogateescape") as file:
            parser.read_file(file)
        here = os.path.dirname(self.file)
        for pattern in parser.get("include", "files", fallback="").replace("%(here)s", here).split():
            for name in sorted(glob.glob(os.path.join(here, pattern))):
                with open(name, encoding="utf-8", errors="surrogateescape") as file:
                    parser.read_file(file)
        return {name: {key: value or "" for key, value in parser.items(name)} for name in parser.sections()}

    def _add(self, sections: Sections) -> None:
        runs_as = sections.get("supervisord", {}).get("user", "root")
        kinds = [(name.partition(":"), about) for name, about in sections.items()]
        groups = {
            member.strip(): group
            for (kind, _, group), about in kinds
            if kind == "group"
            for member in about.get("programs", "").split(",")
        }
        for (kind, _, name), about in kinds:
            if kind in ("program", "fcgi-program", "eventlistener"):
                group = groups.get(name, name)
                self.groups.setdefault(group, set()).update(processes(name, group, about))
                commands = [Command(split(about.get("command", "")))]
                user, folder = about.get("user", runs_as), about.get("directory", "")
                self.programs.append(Runs(name, "supervisor", user, folder, commands, {**about, "group": group}))

    def has(self, name: str) -> bool:
        """Is this what supervisorctl would act on: a process, or GROUP:PROCESS, or GROUP:*?"""
        group, colon, process = name.partition(":")
        if name == "all" or (colon and process in ("", "*")):
            return name == "all" or group in self.groups
        return (process if colon else group) in self.groups.get(group, ())

    def meant(self, name: str) -> str:
        """How a name that supervisor does not know is written, where its files show that; else ""."""
        if name in self.groups:
            return name + ":*"
        return next((f"{group}:{name}" for group, members in self.groups.items() if name in members), "")


def processes(name: str, group: str, about: dict[str, str]) -> set[str]:
    """The names of a program's processes."""
    first, count = (int(about.get(key, usual)) for key, usual in (("numprocs_start", "0"), ("numprocs", "1")))
    form = about.get("process_name", "%(program_name)s")
    return {form % {"program_name": name, "group_name": group, "process_num": at} for at in range(first, first + count)}


def split(command: str) -> list[str]:
    """The words of a command, as a shell splits them where it can."""
    import shlex

    try:
        return shlex.split(command)
    except ValueError:
        return command.split()


def listeners() -> list[tuple[str, str]]:
    """Each TCP socket that is listened to, as (cgroup, address); where a cgroup has no name here, its number."""
    shown = ask(["ss", "-Hltn", "--cgroup"]).text
    return [(found[2], found[1]) for found in re.finditer(r"^LISTEN +\d+ +\d+ +(\S+) .*?cgroup:(\S+)", shown, re.M)]


def listened_paths() -> list[str]:
    """The unix sockets that are listened to."""
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as file:
            fields = [line.split(None, 7) for line in file]
    except OSError:
        return []
    return [each[7].strip() for each in fields if len(each) == 8 and each[3] == "00010000" and each[7].startswith("/")]
