"""Is what setup makes there? Else nothing is done at all."""

from __future__ import annotations

import os
import stat

from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run


def ready(run: Run) -> None:
    """What setup makes is there and of the kind that it made. Raises Failed."""
    if not all(os.path.isdir(folder) for folder in (run.state, run.releases)):
        raise Failed(f"{run.environment} is not set up on this host", run.hint("setup"))
    if os.path.exists(run.live) and not os.path.islink(run.live):
        raise Failed(f"{run.live} is a directory, not the live link: this host is not set up", run.hint("setup"))
    sound(run)


def sound(run: Run) -> None:
    """What this tool keeps in the state directory is of the kind that it made: a FIFO would be waited for. Raises Failed."""
    for path in map(run.place, ("lock", "job.lock", "move", "hold", "history", "reserve")):
        if os.path.exists(path) and stat.S_IFMT(os.stat(path).st_mode) in (stat.S_IFDIR, stat.S_IFIFO):
            raise misplaced(path, "is not the file that it should be")
    for path in map(run.place, ("logs", "jobs", "trash")):
        if os.path.lexists(path) and not os.path.isdir(path):
            raise misplaced(path, "is not a directory")


def misplaced(path: str, what: str) -> Failed:
    """The refusal of something in the place of what this tool makes."""
    return Failed(f"{path} {what}", f"look at it on the host, and move it away: ls -ld {quoted(path)}")
