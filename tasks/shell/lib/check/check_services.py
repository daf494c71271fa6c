"""Told by check, as the service user: what the services run, as whom, and what a restart of each would lose."""

from __future__ import annotations

import os
import sys
from typing import List, Tuple

from tasks.shell.lib.check.check_lines import looked, warn
from tasks.shell.lib.check.service_files import Runs, Supervisor, units
from tasks.shell.lib.check.service_lines import Service, tell_program, tell_restart, tell_unit
from tasks.shell.lib.check.service_trust import Code, tell_root
from tasks.shell.lib.check.service_workers import consumes, tell_workers


def fourths(words: Tuple[str, ...]) -> List[Service]:
    return [Service(*words[at : at + 4]) for at in range(0, len(words), 4)]


def is_ours(each: Runs, services: List[Service], code: Code) -> bool:
    """Is it named in hosts.yml, or does it run the code of a release?"""
    named = any(service.kind == each.kind and each.is_named(service.name) for service in services)
    return named or any(code.run_by(command, each.folder) for command in each.commands)


def main(live: str, releases: str, *words: str) -> None:
    """LIVE RELEASES (KIND ACTION NAME STATUS)..."""
    services, runs, supervisor, code = fourths(words), units(), Supervisor(), Code(live, releases)
    looked("supervisor", supervisor.read)
    if services and not runs:
        warn(
            "systemd does not answer %s" % os.environ.get("USER", ""),
            "on the host: systemctl list-units; nothing is known of units",
        )
    for service in services:
        if service.kind == "supervisor":
            looked("supervisor", tell_program, service, supervisor)
        for unit in [each for each in runs if service.kind == "systemd" and each.is_named(service.name)]:
            looked(unit.label, tell_unit, unit, service.action)
            if service.action == "restart":
                looked(unit.label, tell_restart, unit)
    runs += supervisor.programs
    if runs:
        looked("what runs as root", tell_root, runs, code)
    looked("workers", tell_workers, [each for each in runs if consumes(each) and is_ours(each, services, code)])


looked("services", main, *sys.argv[1:])
