"""End a job and everything that it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import time

from tasks.host import files, history, lock, programs, strays
from tasks.host.failure import Failed
from tasks.host.holder import signature
from tasks.host.ready import ready
from tasks.host.run import Run

CANCELLED = "cancelled"  # a file of a job that somebody cancels
KILLED = 1.0  # seconds until a process that was killed has gone
ORDERLY = 3.5  # seconds for a job to remove what it had not finished


def cancel(run: Run) -> None:
    """End this run's job, if it has one that runs."""
    _end(run, run.id)


def cancel_running(run: Run) -> None:
    """End the job that runs, no matter who started it. Raises Failed where none does, or it does not end."""
    ready(run)
    if not lock.job_running(run):
        run.report.fact("idle", "yes")
        raise Failed("no job is running", run.hint("status"))
    holder, by, what, *_ = signature(run.place("job.lock"))
    _end(run, holder)
    if lock.job_running(run):
        raise Failed(f"{what} of {by} does not end", f"ps -fu {run.release_user} # on the host")
    history.record(run, "cancelled", {"what": what, "of": by})
    run.report.fact("cancelled", f"{what} of {by}")


def _end(run: Run, wanted: str) -> None:
    holder, _, _, _, group, phase, build, started = signature(run.place("job.lock"))
    if holder != wanted or not group.isdigit() or not lock.job_running(run):
        return
    folder = run.place("jobs", f"{holder}-{phase}")
    # the signal that follows is no accident; the disk may be full, or the directory gone
    with contextlib.suppress(OSError), files.opened(os.path.join(folder, CANCELLED), files.WRITE_NEW, 0o600):
        pass
    signalled = _signal(int(group), started, signal.SIGTERM) and _signal(int(group), started, signal.SIGCONT)
    deadline = time.monotonic() + (ORDERLY if signalled else 0.0)
    while lock.job_running(run):  # it deletes what it can after that, in nobody's way
        if time.monotonic() > deadline:
            _kill(int(group), started)
            break
        time.sleep(0.02)
    if not os.path.exists(os.path.join(folder, "result")):
        strays.end(build)
        run.report.warn("it did not end by itself and was killed; the next run removes what it left")


def _kill(group: int, started: str) -> None:
    _signal(group, started, signal.SIGKILL)
    deadline = time.monotonic() + KILLED
    while _is_the_jobs(group, started) and time.monotonic() < deadline:
        time.sleep(0.02)


def _signal(group: int, started: str, number: int) -> bool:
    """Signal a process group whose leader is the one that signed; its number may be somebody else's by now."""
    if not _is_the_jobs(group, started):
        return False
    with contextlib.suppress(OSError):
        os.killpg(group, number)
        return True
    return False


def _is_the_jobs(group: int, started: str) -> bool:
    """An earlier version of this tool has not recorded when it started: then it must lead a session, as this user."""
    now = programs.started(group)
    if started.isdigit():
        return now == int(started) and now > 0
    try:
        return now > 0 and os.getsid(group) == group and os.stat(f"/proc/{group}").st_uid == os.geteuid()
    except OSError:
        return False
