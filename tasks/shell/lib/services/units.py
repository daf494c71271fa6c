"""The services of this host as systemd and supervisor know them: their state, and the processes that are theirs."""

from __future__ import annotations

import re
import subprocess
import tempfile
from typing import Dict, List, NamedTuple, Set

from tasks.shell.lib.services.processes import Process, descendants, in_cgroup, running

PROPERTIES = "Id,LoadState,ActiveState,SubState,Type,Result,MainPID,ControlGroup,ExecStart,NRestarts"
STATUS = re.compile(r"^(\S+) +([A-Z]+)\b(?: +pid (\d+))?", re.M)


class Look(NamedTuple):
    """A service at one moment."""

    troubles: List[str]
    mains: Set[int]
    processes: List[Process]


TOO_LATE = 124  # timeout(1): it took longer


def ran(words: List[str], seconds: str = "60") -> subprocess.CompletedProcess[str]:
    """A command that has ended, its stdout with both channels; its code is TOO_LATE when it was ended after `seconds`.

    timeout(1) ends it by TERM first, which sudo passes on. A file takes what it prints: a pipe would be waited for as long
    as anybody that it left behind keeps it open.
    """
    limited = ["timeout", "--foreground", "-k", "10", seconds, *words]
    with tempfile.TemporaryFile() as file:
        done = subprocess.run(limited, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, check=False)
        file.seek(0)
        return subprocess.CompletedProcess(words, done.returncode, file.read().decode("utf-8", "replace").strip())


def output(words: List[str]) -> str:
    """What a command prints, whatever its exit status."""
    return str(ran(words).stdout)


def units(pattern: str) -> List[Dict[str, str]]:
    """The units that a name or a glob means, each with its PROPERTIES; none that systemd does not know."""
    words = ["systemctl", "show", "--property=" + PROPERTIES, "--", pattern]
    blocks = output(words).strip().split("\n\n")
    found = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in blocks]
    return [unit for unit in found if unit.get("Id") and unit.get("LoadState", "loaded") not in ("not-found", "bad-setting")]


def executable(unit: Dict[str, str]) -> List[str]:
    """The words that a unit starts; systemctl tells them without quotes."""
    said = re.search(r"argv\[\]=(.*?) ; ignore_errors=", unit.get("ExecStart", ""))
    return said[1].split() if said else []


def well(unit: Dict[str, str]) -> bool:
    once = unit.get("Type") == "oneshot" and unit.get("Result") == "success"
    return unit["ActiveState"] == "active" or (once and unit["ActiveState"] == "inactive")


def look_systemd(pattern: str) -> Look:
    table, mains, pids, troubles = running(), set(), set(), []
    for unit in units(pattern):
        main = int(unit.get("MainPID") or 0)
        mains.add(main)
        pids |= in_cgroup(table, unit["ControlGroup"]) if unit.get("ControlGroup") else descendants(table, main)
        if not well(unit):
            troubles.append("%s is %s (%s)" % (unit["Id"], unit["ActiveState"], unit.get("SubState", "")))
    return Look(troubles, mains, [table[pid] for pid in sorted(pids & set(table))])


def look_supervisor(name: str) -> Look:
    said = output(["sudo", "-n", "supervisorctl", "status", name])
    table, mains, pids, troubles = running(), set(), set(), []
    programs = STATUS.findall(said)
    for program, state, pid in programs:
        if state != "RUNNING" or not pid:
            troubles.append("supervisor says that %s is %s" % (program, state))
            continue
        mains.add(int(pid))
        pids |= descendants(table, int(pid))
    if not programs or "no such" in said:
        troubles = ["supervisor knows no program %s: %s" % (name, said.strip())]
    return Look(troubles, mains, [table[pid] for pid in sorted(pids)])


def look(kind: str, name: str) -> Look:
    return look_systemd(name) if kind == "systemd" else look_supervisor(name)
