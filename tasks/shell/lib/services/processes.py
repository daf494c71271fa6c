"""What runs on this host, from /proc: each process, since when, and in which releases it has its files.

Start times are the kernel's, in clock ticks since boot, and are only compared with one another: no clock can mislead.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from typing import Dict, Iterable, List, NamedTuple, Set

STAT = ["stat", "--format=%N", "--"]
HOME = os.path.dirname(os.environ.get("RELEASE_PATH", ""))
LIVE_NAME = os.path.basename(os.environ.get("RELEASE_PATH", ""))
RELEASE = re.compile(re.escape(HOME) + "/(" + re.escape(os.environ["LIVE_LINK_NAME"]) + r"-[0-9]{8}T[0-9]{6}Z)(?![\w.-])")
LINK = re.compile(r"'/proc/([0-9]+)/(?:cwd|exe)' -> (.*)")


class Process(NamedTuple):
    pid: int
    parent: int
    started: int
    cgroups: str
    arguments: str

    @property
    def title(self) -> str:
        return "pid %d (%s)" % (self.pid, self.arguments[:60].strip() or "no arguments")

    @property
    def since(self) -> str:
        with open("/proc/uptime", encoding="ascii") as file:
            booted = time.time() - float(file.read().split()[0])
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(booted + self.started / os.sysconf("SC_CLK_TCK")))


def slurp(pid: int, name: str) -> str:
    with open("/proc/%d/%s" % (pid, name), "rb") as file:
        return file.read().decode("utf-8", "replace")


def process(pid: int) -> Process | None:
    """The process with this pid; a zombie is none."""
    try:
        fields = slurp(pid, "stat").rpartition(")")[2].split()
        if fields[0] in "ZX":
            return None
        return Process(pid, int(fields[1]), int(fields[19]), slurp(pid, "cgroup"), slurp(pid, "cmdline").replace("\0", " "))
    except (OSError, IndexError):
        return None


def running() -> Dict[int, Process]:
    """Every process. Where a host hides those of others (hidepid), nothing can be proven: PermissionError."""
    if not os.path.exists("/proc/1/stat"):
        raise PermissionError("the processes of others are hidden on this host (hidepid of /proc)")
    found = (process(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return {each.pid: each for each in found if each}


def in_cgroup(table: Dict[int, Process], path: str) -> Set[int]:
    inside = re.compile(":" + re.escape(path) + r"(/.*)?$", re.M)
    return {each.pid for each in table.values() if inside.search(each.cgroups)}


def descendants(table: Dict[int, Process], root: int) -> Set[int]:
    found = {root} & set(table)
    while True:
        more = {each.pid for each in table.values() if each.parent in found} - found
        if not more:
            return found
        found |= more


def places(processes: Iterable[Process]) -> Dict[int, List[str]]:
    """Where each has its files: working directory, executable, arguments. What another user hides, sudo is asked for, once."""
    said: Dict[int, List[str]] = {each.pid: [each.arguments] for each in processes}
    hidden = []
    for pid in said:
        for name in ("cwd", "exe"):
            link = "/proc/%d/%s" % (pid, name)
            try:
                said[pid].append(os.readlink(link))
            except PermissionError:
                hidden.append(link)
            except OSError:
                continue  # it has ended, or is the kernel's
    if hidden:
        asked = subprocess.run(["sudo", "-n", *STAT, *hidden], capture_output=True, check=False)
        told = LINK.findall(asked.stdout.decode("utf-8", "replace"))
        for pid_text, target in told:
            said[int(pid_text)].append(target)
        if not told and any(process(int(link.split("/")[2])) for link in hidden):
            raise PermissionError("sudo %s /proc/...: %s" % (" ".join(STAT), asked.stderr.decode("utf-8", "replace").strip()))
    return said


def releases(texts: Iterable[str]) -> Set[str]:
    """The releases of this live link that lie on these paths."""
    return {name for text in texts for name in RELEASE.findall(text)} if HOME else set()
