"""Processes that a build started and that outlived it, in whatever process group and session they are by now."""

from __future__ import annotations

import os
import signal
import time

VARIABLE = "RELEASE_BUILD"
"""In the environment of everything that a build starts: its build directory."""


def find(build: str) -> list[int]:
    """The processes that have this build in their environment, this one left out."""
    word = f"{VARIABLE}={build}".encode("utf-8", "surrogateescape")
    return [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid != os.getpid() and word in _words(pid)]


def end(build: str) -> None:
    """End them: TERM, and KILL for whoever is there a moment later."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        found = find(build)
        if not found:
            return
        for pid in found:
            _signal(pid, number)
        time.sleep(0.2)


def _words(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
        os.kill(pid, signal.SIGCONT)
    except OSError:
        pass
