"""Is what setup makes there? Else nothing is done at all."""

from __future__ import annotations

import os
import stat

from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run

FILES = ("lock", "job.lock", "hold", "history", "reserve")
FOLDERS = ("logs", "jobs", "trash")


def ready(run: Run) -> None:
    """What setup makes is there and of the kind that it made. Raises Failed."""
    if not all(os.path.isdir(folder) for folder in (run.state, run.releases, run.repo)):
        raise Failed(f"{run.environment} is not set up on this host", run.hint("setup"))
    if os.path.exists(run.live) and not os.path.islink(run.live):
        raise Failed(f"{run.live} is a directory, not the live link: this host is not set up", run.hint("setup"))
    sound(run)


def sound(run: Run) -> None:
    """What this tool keeps in the state directory is of the kind that it made: a FIFO would be waited for. Raises Failed."""
    for name in FILES:
        mode = _mode(run.place(name))
        if stat.S_ISDIR(mode) or stat.S_ISFIFO(mode):
            raise _wrong(run.place(name), "is not the file that it should be")
    for name in FOLDERS:
        if os.path.lexists(run.place(name)) and not os.path.isdir(run.place(name)):
            raise _wrong(run.place(name), "is not a directory")


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except OSError:
        return 0


def _wrong(path: str, what: str) -> Failed:
    return Failed(f"{path} {what}", f"look at it on the host, and move it away: ls -ld {quoted(path)}")
