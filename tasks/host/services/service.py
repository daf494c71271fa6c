"""A service of hosts.yml as systemd or supervisor knows it: its state, the processes that are its own, its last words."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from tasks.host import programs
from tasks.host.services.processes import descendants, in_cgroup, running

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.services.processes import Process

    Unit = dict[str, str]

ASKED = 60.0  # seconds for a program that only answers
PROPERTIES = "Id,LoadState,ActiveState,SubState,Type,Result,MainPID,ControlGroup,ExecStart,NRestarts"
STATUS = re.compile(r"^(\S+) +([A-Z]+)\b(?: +pid (\d+))?", re.M)
JOURNAL_DELAY = 1.0  # seconds until the journal has what a service printed last


class Look:
    """A service at one moment.

    `processes` are its own, the main ones among them; `table` is every process of the host; `restarts` is how often systemd
    has started each unit anew: between two lives there is no main process to compare. `failed`: systemd has given it up.
    """

    def __init__(self, table: dict[int, Process]) -> None:
        self.table = table
        self.troubles: list[str] = []
        self.mains: set[int] = set()
        self.pids: set[int] = set()
        self.restarts: list[str] = []
        self.failed = False

    @property
    def processes(self) -> list[Process]:
        """Its processes, by pid."""
        return [self.table[pid] for pid in sorted(self.pids & set(self.table))]

    def complete(self) -> Look:
        """The same, with a complaint about each main process that ended meanwhile: what runs instead was not looked at."""
        gone = sorted(self.mains - set(self.table) - {0})
        self.troubles += [f"pid {pid} ended while it was looked at" for pid in gone]
        return self

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
        return ["systemctl" if self.kind == "systemd" else "supervisorctl", self.action, self.name]

    def units(self) -> list[Unit]:
        """Its units, each with PROPERTIES; none that systemd does not know, and none of a program of supervisor."""
        return _units(self.name) if self.kind == "systemd" else []

    def look(self, units: Sequence[Unit] | None = None) -> Look:
        """The service as it is now, with its `units` if they are known. Raises PermissionError where processes are hidden."""
        if self.kind == "supervisor":
            return _look_supervisor(self.name)
        return _look_systemd(self.units() if units is None else units)

    def last_words(self) -> str:
        """What a service that does not come up printed last: its state and journal, or what supervisor reports."""
        if self.kind == "supervisor":
            return output(["sudo", "-n", "supervisorctl", "status", self.name])
        time.sleep(JOURNAL_DELAY)
        there = self.units()
        return "\n".join(_state_and_journal(unit) for unit in ([unit for unit in there if not well(unit)] or there)[:2])


def output(words: Sequence[str]) -> str:
    """What a program prints, whatever its exit code."""
    return programs.run(words, seconds=ASKED).text


def _units(pattern: str) -> list[Unit]:
    shown = output(["systemctl", "show", f"--property={PROPERTIES}", "--", pattern])
    found = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in shown.split("\n\n")]
    return [unit for unit in found if unit.get("Id") and unit.get("LoadState", "loaded") not in ("not-found", "bad-setting")]


def executable(unit: Unit) -> list[str]:
    """The words that a unit starts; systemctl shows them without quotes."""
    found = re.search(r"argv\[\]=(.*?) ; ignore_errors=", unit.get("ExecStart", ""))
    return found[1].split() if found else []


def well(unit: Unit) -> bool:
    """Active, or a oneshot that went well."""
    once = unit.get("Type") == "oneshot" and unit.get("Result") == "success"
    return unit["ActiveState"] == "active" or (once and unit["ActiveState"] == "inactive")


def has_failed(units: Sequence[Unit]) -> bool:
    """Whether systemd has given one of these units up."""
    return any(unit["ActiveState"] == "failed" for unit in units)


def _look_systemd(units: Sequence[Unit]) -> Look:
    look = Look(running())
    look.failed = has_failed(units)
    for unit in units:
        main = int(unit.get("MainPID") or 0)
        look.mains.add(main)
        look.restarts.append(unit.get("NRestarts", ""))
        group = unit.get("ControlGroup")
        look.pids |= in_cgroup(look.table, group) if group else descendants(look.table, main)
        if not well(unit):
            look.troubles.append(f"{unit['Id']} is {unit['ActiveState']} ({unit.get('SubState', '')})")
    return look.complete()


def _look_supervisor(name: str) -> Look:
    status = output(["sudo", "-n", "supervisorctl", "status", name])
    look = Look(running())
    found = STATUS.findall(status)
    for program, state, pid in found:
        if state != "RUNNING" or not pid:
            look.troubles.append(f"supervisor reports that {program} is {state}")
            continue
        look.mains.add(int(pid))
        look.pids |= descendants(look.table, int(pid))
    if not found or "no such" in status:
        look.troubles = [f"supervisor knows no program {name}: {status}"]
    return look.complete()


def _state_and_journal(unit: Unit) -> str:
    state = f"{unit['Id']}: {unit['ActiveState']} ({unit.get('SubState')}), result {unit.get('Result')}"
    return f"{state}\n{_journal(unit['Id'])}"


def _journal(unit: str) -> str:
    """The last lines of a unit's journal; sudo is tried where the service user may not read it."""
    words = ["journalctl", "--quiet", "--no-pager", "--lines=10", f"--unit={unit}"]
    for command in (words, ["sudo", "-n", *words]):
        done = programs.run(command, seconds=ASKED)
        if done.code == 0 and done.text:
            return done.text
    return f"its journal: sudo journalctl --unit={unit}"
