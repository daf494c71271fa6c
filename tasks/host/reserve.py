"""Room that is kept for the moment when the disk is full: the way back needs a few blocks and one inode."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Callable, TypeVar

from tasks.host.run import Run

if TYPE_CHECKING:
    T = TypeVar("T")

SIZE = 1 << 16  # bytes
FULL = (errno.ENOSPC, errno.EDQUOT)


def keep(run: Run) -> None:
    """Make the reserve where there is none; a disk that is full already is no failure."""
    path = run.place("reserve")
    if os.path.lexists(path):
        return
    try:
        descriptor = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            whole = os.write(descriptor, os.urandom(SIZE)) == SIZE  # zeros take no room where the disk compresses
        finally:
            os.close(descriptor)
        if whole:
            os.rename(path + ".new", path)
        else:
            os.remove(path + ".new")
    except OSError as problem:
        if problem.errno not in FULL:
            raise


def spend(run: Run) -> bool:
    """Remove the reserve. Whether there was one."""
    try:
        os.remove(run.place("reserve"))
    except OSError:
        return False
    return True


def with_reserve(run: Run, act: Callable[[], T]) -> T:
    """Do what must go on where the disk is full: tried once more without the reserve. Raises OSError."""
    try:
        return act()
    except OSError as problem:
        if problem.errno not in FULL or not spend(run):
            raise
    return act()
