"""Follow a job by its events file, from any event on, to its result."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable
from typing import Any

from tasks.host import lock
from tasks.host.failure import FAILED, Failed
from tasks.host.holder import signature
from tasks.host.inbox import Inbox
from tasks.host.job_events import JobEvents
from tasks.host.ready import ready
from tasks.host.run import Run
from tasks.host.wire import Wire

PAUSE = 0.05  # seconds between two looks at the file, where nobody wakes
PIECE = 1 << 16


class Reader:
    """The workstation that a job is followed for. `leave` ends this program, which follows for nobody else."""

    def __init__(self, wire: Wire, inbox: Inbox, leave: Callable[[int], None]) -> None:
        self.wire, self.leave = wire, leave
        self._inbox = inbox

    @property
    def gone(self) -> bool:
        """Whether nobody reads any more."""
        return self._inbox.ended or self.wire.gone


def running(run: Run, request: dict[str, Any], reader: Reader) -> int:
    """Follow the job that `request` names from its event `seen` on, or whatever job is running. Its exit code."""
    ready(run)
    job = request["job"] or _running(run)
    if not job:
        run.report.fact("idle", "yes")
    if not job or not os.path.isfile(run.place("jobs", job, "events")):
        raise Failed("it never began" if request["job"] else "no job is running", run.hint("status"))
    if not request["job"]:
        _, by, what, since, *_ = signature(run.place("job.lock"))
        run.report.fact("job", job)
        run.report.note(f"following {what} of {by}, since {since}")
    return to_the_end(run, run.place("jobs", job), reader, seen=request["seen"])


def to_the_end(run: Run, folder: str, reader: Reader, *, seen: int = 0, child: int = 0, wake: int = -1) -> int:
    """Pass a job's events on as they are written. `child` is the job where this program started it, `wake` its pipe."""
    result = os.path.join(folder, "result")
    with open(os.path.join(folder, "events"), "rb") as file:
        events = JobEvents(run, reader.wire, file, seen)
        while True:
            ended = not child or os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            # a result is none before the job is over: its commands could write it
            over = (ended or os.path.exists(result)) and not lock.job_running(run)
            events.pass_on()
            if over:
                return _end(run, result, events)
            if reader.gone:
                reader.leave(0)  # the job goes on
            _wait(wake)


def _end(run: Run, path: str, events: JobEvents) -> int:
    for _ in range(20):  # between the end of its lock and this look
        try:
            with open(path, encoding="ascii") as file:
                code = int(file.read(9))
            events.end(code)
            return code
        except (OSError, ValueError):
            time.sleep(0.01)
    run.report.event("fail", "it was killed on the host", run.hint("logs"))
    return FAILED


def _wait(wake: int) -> None:
    if wake < 0:
        time.sleep(PAUSE)
    elif select.select([wake], [], [], 0.2)[0]:
        with contextlib.suppress(OSError):
            if not os.read(wake, PIECE):
                time.sleep(0.01)  # its writer has ended, and is about to be reaped


def _running(run: Run) -> str:
    """The name of the job that runs, "" when none does."""
    if not lock.job_running(run):
        return ""
    fields = signature(run.place("job.lock"))
    return f"{fields[0]}-{fields[5]}"
