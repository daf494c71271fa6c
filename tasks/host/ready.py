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
    apart(run)
    sound(run)


def sound(run: Run) -> None:
    """What this tool keeps in the state directory is of the kind that it made: a FIFO would be waited for. Raises Failed."""
    for path in map(run.place, ("lock", "job.lock", "move", "hold", "history", "reserve")):
        if os.path.exists(path) and stat.S_IFMT(os.stat(path).st_mode) in (stat.S_IFDIR, stat.S_IFIFO):
            raise misplaced(path, "is not the file that it should be")
    for path in map(run.place, ("logs", "jobs", "trash")):
        if os.path.lexists(path) and not os.path.isdir(path):
            raise misplaced(path, "is not a directory")


def apart(run: Run) -> None:
    """No two places of this tool are one on this host, whatever links hosts.yml leads through. Raises Failed."""
    named = (
        ("the live link", run.live),
        ("the runtime files", run.runtime),
        ("repo.git", run.repo),
        ("this environment's part of builds_dir", run.state),
        ("releases_dir", run.releases),
    )
    seen: dict[str, str] = {}
    for name, path in named:
        folder, last = os.path.split(path)
        real = os.path.join(os.path.realpath(folder), last)
        if real in seen:
            what = f"{name} and {seen[real]} are one place on this host: {real}"
            raise Failed(what, "# correct builds_dir, releases_dir or live_link in hosts.yml")
        seen[real] = name


def misplaced(path: str, what: str) -> Failed:
    """The refusal of something in the place of what this tool makes."""
    return Failed(f"{path} {what}", f"ls -ld {quoted(path)} # on the host; then move it away")
