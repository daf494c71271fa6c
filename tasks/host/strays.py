"""Processes that a build started and that outlived it, in whatever process group and session they are by now."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from tasks.host import files
from tasks.host.programs import about, pids

VARIABLE = "RELEASE_BUILD"
"""In the environment of everything that a build starts: its build directory."""

PR_SET_CHILD_SUBREAPER = 36
_adopter: list[int] = []
"""The process of this job to which come those whose parent has ended, whatever is left of their environment."""


def adopt() -> None:
    """From now on they come to this process. Where the kernel refuses, the environment alone shows them."""
    with contextlib.suppress(OSError):
        files.system_call("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0, path="")
        _adopter[:] = [os.getpid()]


def bury_all_but(worker: int) -> None:
    """Let those that end here go at once, so that a build may leave thousands. The worker is waited for by its number."""

    def bury(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) and ended.si_pid != worker:
                os.waitpid(ended.si_pid, 0)

    signal.signal(signal.SIGCHLD, bury)


def end(build: str) -> None:
    """End every process but this one that is this build's: TERM, and KILL for who is there a moment later."""
    word = f"{VARIABLE}={build}".encode("utf-8", "surrogateescape")
    for number in (signal.SIGTERM, signal.SIGKILL):
        found = {pid for pid in pids() if word in about(pid, "environ").split(b"\0")} | _adopted()
        found.discard(os.getpid())
        if not found:
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)
        time.sleep(0.2)


def _adopted() -> set[int]:
    """Those that have come to this job, with all that they have started; none where who adopts them was killed."""
    if not {*_adopter} & {os.getpid(), os.getppid()}:
        return set()
    fields = {pid: about(pid, "stat").rpartition(b")")[2].split() for pid in pids()}
    parents = {pid: int(stat[1]) for pid, stat in fields.items() if len(stat) > 1 and stat[0] not in (b"Z", b"X")}
    found: set[int] = set()
    more = {pid for pid, parent in parents.items() if parent in _adopter and pid != os.getpid()}
    while more:
        found |= more
        more = {pid for pid, parent in parents.items() if parent in found} - found
    return found
