"""What a release takes on disk, and room for one more on the filesystem that builds and releases share."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from tasks.host import files, programs, releases, trash, tree
from tasks.host.failure import Failed
from tasks.host.run import Run

INODES = 1000  # of a release of which nothing is known
LONGEST = 120.0  # seconds for du


def check(run: Run, unknown: int) -> None:
    """Room for half more than the newest release, or `unknown` bytes; the trash is deleted first if need be. Raises Failed."""
    newest = size_of_newest(run)
    size = newest["bytes"] * 3 // 2 if newest else unknown
    require(run, size, (newest["inodes"] if newest else INODES) * 3 // 2, "a release")


def require(run: Run, size: int, inodes: int, what: str, folder: str = "") -> None:
    """Room for so many bytes and inodes in releases_dir, or another directory; the trash is deleted first if need be.

    Raises Failed, with `what` needs them.
    """
    folder = folder or run.releases
    if _short(folder, size, inodes) and trash.entries(run):
        trash.empty(run, patience=run.step_timeout)
    free = _short(folder, size, inodes)
    if free:
        place = files.quoted(folder)
        next = f"{run.hint('prune')} # or fewer keep_releases in hosts.yml, or a larger disk: df -h {place}; df -i {place}"
        there, needed = (f"{size // 1000000} MB and {inodes} inodes" for size, inodes in (free, (size, inodes)))
        raise Failed(f"only {there} are free in {folder}, and {what} needs about {needed}", next)


def size_of_newest(run: Run) -> dict[str, int] | None:
    """What the newest release takes that was built here; what setup made one is no measure. None where there is none."""
    for name, seal in releases.newest_first(run, releases.present(run)):
        size = seal.get("size")
        if not seal.get("commit"):
            continue
        known = isinstance(size, dict) and all(type(size.get(key)) is int for key in ("bytes", "inodes"))
        found: dict[str, int] | None = size if known else measured(os.path.join(run.releases, name))
        if found:
            return found
    return None


def _short(folder: str, size: int, inodes: int) -> tuple[int, int] | None:
    """The free bytes and inodes where either is too little. A filesystem that counts no inodes reports 0 of 0."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    return (free, found.f_ffree) if free < size or (found.f_files > 0 and found.f_ffree < inodes) else None


def measured(folder: str, beside: Callable[[], None] = lambda: None) -> dict[str, int] | None:
    """Bytes as du has them, and inodes, of which one with two names counts twice; None where something cannot be read.

    du needs half of the CPU time that a walk with stat takes here, on a core of its own; `beside` is done while it works.
    """
    null, output, inodes = os.open(os.devnull, os.O_RDWR), os.memfd_create("du"), 0
    try:
        pid = programs.start(["du", "-s", "-k", "--", folder], null, output, null)
        try:
            beside()
            with contextlib.suppress(PermissionError):  # the pool user may have made a directory of its own
                inodes = 1 + sum(1 for _ in tree.walk(folder))
        finally:
            code = programs.wait(pid, LONGEST) if pid else programs.NOT_FOUND
        kilobytes = os.pread(output, 64, 0).split()
    finally:
        os.close(null)
        os.close(output)
    return None if code or not kilobytes or not inodes else {"bytes": int(kilobytes[0]) * 1024, "inodes": inodes}
