"""A service of hosts.yml as systemd or supervisor knows it: its state, the processes that are its own, its last words."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from tasks.host import programs
from tasks.host.services import started, supervisor
from tasks.host.services.processes import Process, descendants, running
from tasks.host.services.units import units_in

ASKED = 60.0  # seconds for a program that only answers
PROPERTIES = f"{started.PROPERTIES},SubState,Type,Result,MainPID,NRestarts"
STATUS = re.compile(r"^(\S+) +([A-Z]+)\b(?: +pid (\d+))?", re.M)
JOURNAL_DELAY = 1.0  # seconds until the journal has what a service printed last


class Look:
    """A service at one moment.

    `processes` are its own, the main ones among them; `table` is every process of the host; `restarts` is how often systemd
    has started each unit anew: between two lives there is no main process to compare. `failed`: systemd has given it up;
    `exited` are the programs of supervisor that have ended as they may.
    """

    def __init__(self, table: dict[int, Process]) -> None:
        self.table = table
        self.troubles: list[str] = []
        self.mains: set[int] = set()
        self.pids: set[int] = set()
        self.restarts: list[str] = []
        self.failed = False
        self.exited: set[str] = set()

    @property
    def processes(self) -> list[Process]:
        """Its processes, by pid."""
        return [self.table[pid] for pid in sorted(self.pids & set(self.table))]

    @property
    def lives(self) -> tuple[set[int], list[str]]:
        """What differs after a main process has ended and another was started."""
        return self.mains, self.restarts


class Service:
    """`kind` is systemd or supervisor, `action` restart or reload, `name` that of a unit, a glob of units, or a program."""

    def __init__(self, kind: str, action: str, name: str) -> None:
        self.kind, self.action, self.name = kind, action, name

    @property
    def command(self) -> list[str]:
        """What makes it follow, run by root."""
        if self.kind == "systemd":
            return ["systemctl", self.action, self.name]
        return supervisor.named([*supervisor.CONTROL, self.action, self.name])

    def units(self) -> list[dict[str, str]]:
        """Its units, each with PROPERTIES; none that systemd does not know, and none of a program of supervisor."""
        if self.kind == "supervisor":
            return []
        found = units_in(output(["systemctl", "show", f"--property={PROPERTIES},CanStart,CanStop", "--", self.name]))
        return [unit for unit in found if unit.get("Id") and unit.get("LoadState") != "not-found"]

    def look(self, units: Sequence[dict[str, str]] | None = None) -> Look:
        """The service as it is now, with its `units` if they are known. Raises PermissionError where processes are hidden."""
        if self.kind == "supervisor":
            look = _look_supervisor(self.name)
        else:
            look = _look_systemd(self.units() if units is None else units)
        gone = sorted(look.mains - set(look.table) - {0})  # what runs instead was not looked at
        look.troubles += [f"pid {pid} ended while it was looked at" for pid in gone]
        return look

    def last_words(self) -> str:
        """What a service that does not come up printed last: its state and journal, or what supervisor reports."""
        if self.kind == "supervisor":
            return supervisor_status(self.name).text
        time.sleep(JOURNAL_DELAY)
        there = self.units()
        return "\n".join(_state_and_journal(unit) for unit in ([unit for unit in there if not _well(unit)] or there)[:2])


def output(words: Sequence[str]) -> str:
    """What a program prints, whatever its exit code."""
    return programs.run(words, seconds=ASKED).text


def supervisor_status(name: str) -> programs.Done:
    """What supervisor reports of a program or a group."""
    words = supervisor.named([*supervisor.CONTROL, "status", name])
    return programs.run(["sudo", "-n", *words], seconds=ASKED, cwd="/")


def _well(unit: dict[str, str]) -> bool:
    """Active, or a oneshot that went well."""
    once = unit.get("Type") == "oneshot" and unit.get("Result") == "success"
    return unit["ActiveState"] == "active" or (once and unit["ActiveState"] == "inactive")


def _look_systemd(units: Sequence[dict[str, str]]) -> Look:
    look = Look(running())
    look.failed = any(unit["ActiveState"] == "failed" for unit in units)
    for unit in units:
        main, group = int(unit.get("MainPID") or 0), unit.get("ControlGroup", "")
        look.mains.add(main)
        look.restarts.append(unit.get("NRestarts", ""))
        below = re.compile(rf"^\d+:[^:]*:{re.escape(group)}(/.*)?$", re.M).search
        inside = {each.pid for each in look.table.values() if group and below(each.cgroups)}
        look.pids |= inside if group else descendants(look.table, main)
        if not _well(unit):
            look.troubles.append(f"{unit['Id']} is {unit['ActiveState']} ({unit.get('SubState', '')})")
    return look


def _look_supervisor(name: str) -> Look:
    status = supervisor_status(name).text
    look = Look(running())
    found = STATUS.findall(status)
    for program, state, pid in found:
        if state == "EXITED":
            look.exited.add(program)
        elif state != "RUNNING" or not pid:
            look.troubles.append(f"supervisor reports that {program} is {state}")
        else:
            look.mains.add(int(pid))
            look.pids |= descendants(look.table, int(pid))
    if not found or "no such" in status:
        look.troubles = [f"supervisor knows no program {name}: {supervisor.reason(status)}"]
    return look


def _state_and_journal(unit: dict[str, str]) -> str:
    """The state of a unit and the last lines of its journal; sudo is tried where the service user may not read it."""
    name = unit["Id"]
    state = f"{name}: {unit['ActiveState']} ({unit.get('SubState')}), result {unit.get('Result')}"
    words = ["journalctl", "--quiet", "--no-pager", "--lines=10", f"--unit={name}"]
    for command in (words, ["sudo", "-n", *words]):
        done = programs.run(command, seconds=ASKED)
        if done.code == 0 and done.text:
            return f"{state}\n{done.text}"
    return f"{state}\nits journal: sudo journalctl --unit={name}"
