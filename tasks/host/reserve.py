"""Room that is kept for the moment when the disk is full: the way back needs a few blocks and one inode."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable

from tasks.host import files
from tasks.host.run import Run

SIZE = 1 << 16  # bytes
FULL = (errno.ENOSPC, errno.EDQUOT)


def keep(run: Run) -> None:
    """Make the reserve where there is none; a disk that is full already is no failure."""
    path = run.place("reserve")
    if os.path.lexists(path):
        return
    try:
        files.replace(path, os.urandom(SIZE), run.id)  # zeros take no room where the disk compresses
    except OSError as problem:
        if problem.errno not in FULL:
            raise


def with_reserve(run: Run, act: Callable[[], None]) -> None:
    """Do what must go on where the disk is full: tried once more without the reserve. Raises OSError."""
    try:
        return act()
    except OSError as problem:
        if problem.errno not in FULL or not os.path.lexists(run.place("reserve")):
            raise
    os.remove(run.place("reserve"))
    return act()
