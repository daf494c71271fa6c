"""Processes that a build started and that outlived it, in whatever process group and session they are by now."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from tasks.host.programs import about, pids

VARIABLE = "RELEASE_BUILD"
"""In the environment of everything that a build starts: its build directory."""


def end(build: str) -> None:
    """End every process but this one that has this build in its environment: TERM, and KILL for who is there a moment later."""
    word = f"{VARIABLE}={build}".encode("utf-8", "surrogateescape")
    for number in (signal.SIGTERM, signal.SIGKILL):
        found = [pid for pid in pids() if pid != os.getpid() and word in about(pid, "environ").split(b"\0")]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, number)
                os.kill(pid, signal.SIGCONT)
        time.sleep(0.2)
