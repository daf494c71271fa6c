"""What the tool has on a host is the release user's alone: who can open a lock can hold it, and stop every release."""

from __future__ import annotations

import contextlib
import os
import stat

from tasks.host.run import Run

LOCKS = ("lock", "job.lock", "move")


def keep(run: Run) -> None:
    """Take from others what an earlier version has left them. Nothing is made anew: a lock is its inode's."""
    files = [*map(run.place, LOCKS), run.repo + ".lock"]
    for path in (*_folders(run), *files):
        with contextlib.suppress(OSError):  # not there yet, or another's: no run goes well then, and it says why
            mode = os.stat(path).st_mode
            kind = stat.S_ISDIR(mode) or stat.S_ISREG(mode)
            if kind and mode & 0o077:
                os.chmod(path, stat.S_IMODE(mode) & 0o700)


def _folders(run: Run) -> list[str]:
    """builds_dir, unless something in it is for others, and what the tool makes there."""
    outer = os.path.realpath(run.builds) + "/"
    served = (run.releases, run.home, run.runtime)
    shared = any((os.path.realpath(path) + "/").startswith(outer) for path in served)
    return [*([] if shared else [run.builds]), run.state, run.repo]
