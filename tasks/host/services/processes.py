"""What runs on this host, from /proc: each process, since when, and where it has its files.

Times are the kernel's, in clock ticks since boot, and are only compared with one another: no clock can mislead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from tasks.host import files, process_links, programs
from tasks.host.files import read

SUDO_SECONDS = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def ticks(seconds: float) -> int:
    """Seconds since boot in ticks, rounded up: a process that started before has fewer, and one of the same tick one fewer."""
    return int(seconds * _TICKS) + 1


def age(started: int) -> float:
    """The seconds that have passed since a time in ticks."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started / _TICKS


class Process:
    """A process at one moment. `started` is in ticks; `arguments` are joined by blanks."""

    def __init__(self, pid: int, parent: int, started: int, cgroups: str, arguments: str) -> None:
        self.pid, self.parent, self.started, self.cgroups, self.arguments = pid, parent, started, cgroups, arguments

    @property
    def title(self) -> str:
        """The pid and the program."""
        return f"pid {self.pid} ({process_links.shown(self.arguments)})"

    @property
    def since(self) -> str:
        """When it started, in UTC by this host's clock."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - age(self.started)))


def process(pid: int) -> Process | None:
    """The process with this pid; a zombie is none."""
    try:
        found = (read(f"/proc/{pid}/{name}").decode("utf-8", "replace") for name in ("stat", "cgroup", "cmdline"))
        stat, cgroups, arguments = found
        state, parent, *fields = stat.rpartition(")")[2].split()
        return None if state in "ZX" else Process(pid, int(parent), int(fields[17]), cgroups, arguments.replace("\0", " "))
    except (OSError, ValueError):
        return None


def hidden() -> bool:
    """Whether this host hides the processes of other users (hidepid)."""
    return not os.path.exists("/proc/1/stat")


def running() -> dict[int, Process]:
    """Every process by its pid. Raises PermissionError where those of other users are hidden: nothing can be proven there."""
    if hidden():
        raise PermissionError("the processes of others are hidden on this host (hidepid of /proc)")
    return {each.pid: each for each in map(process, programs.pids()) if each}


def descendants(table: dict[int, Process], root: int) -> set[int]:
    """The pids of a process and of all that it started and has not outlived."""
    found: set[int] = set()
    more = {root} & set(table)
    while more:
        found |= more
        more = {each.pid for each in table.values() if each.parent in found} - found
    return found


def places(processes: Iterable[Process]) -> dict[int, list[str]]:
    """Where each has its files: arguments, working directory, executable. PermissionError where sudo shows none."""
    found = {each.pid: [each.arguments] for each in processes}
    others = []
    for pid, link in ((pid, f"/proc/{pid}/{name}") for pid in found for name in ("cwd", "exe")):
        try:
            found[pid].append(os.readlink(link))
        except PermissionError:
            others.append(link)
        except OSError:
            continue  # it has ended, or is the kernel's
    if others:
        with files.opened(os.devnull, os.O_WRONLY) as nowhere:
            links = process_links.read(SUDO_SECONDS, nowhere)
        for pid, target in links:
            found.get(pid, []).append(target)
        if not links and any(process(int(link.split("/")[2])) for link in others):
            raise PermissionError(f"sudo {' '.join(process_links.FIND)} prints nothing")
    return found
