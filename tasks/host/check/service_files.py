"""The units and programs of a host, read without root."""

from __future__ import annotations

import re

from tasks.host.check.asking import ask
from tasks.host.services import started, supervisor
from tasks.host.services.started import Runs
from tasks.host.services.units import units_in

PROPERTIES = f"{started.PROPERTIES},Names,RuntimeDirectory,TimeoutStopUSec,KillSignal,StandardOutput,StandardError"


def units() -> list[Runs]:
    """Every service that systemd has loaded or has a file of, of templates the instances; [] where it does not answer."""
    listed = ask(["systemctl", "list-unit-files", "--type=service", "--no-legend", "--plain", "--no-pager"]).text
    names = [name for name in re.findall(r"^([\w:.\\@-]+\.service)\s", listed, re.M) if "@." not in name]
    shown = ask(["systemctl", "show", "--no-pager", "--property=" + PROPERTIES, "--", "*.service", *names])
    known = [about for about in units_in("" if shown.code else shown.text) if about.get("LoadState") != "not-found"]
    return list({about["Id"]: started.unit(about) for about in known if about.get("Id")}.values())


class Supervisor:
    """The programs of supervisor, from its files, and the names of each group's processes; none on a host that has none."""

    def __init__(self) -> None:
        self.programs: list[Runs] = []
        self.groups: dict[str, set[str]] = {}
        self.sections: dict[str, dict[str, str]] = {}

    def read(self) -> None:
        """Read the files. OSError or configparser.Error where they cannot be."""
        main = supervisor.main_file()
        self.sections = supervisor.sections(main)[0] if main else {}
        self.programs = started.programs(self.sections)
        for program in self.programs:
            about = program.about
            first, count = int(about.get("numprocs_start", "0")), int(about.get("numprocs", "1"))
            form, group = about.get("process_name", "%(program_name)s"), about["group"]
            named = (
                {"program_name": program.name, "group_name": group, "process_num": at} for at in range(first, first + count)
            )
            self.groups.setdefault(group, set()).update(form % each for each in named)

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
