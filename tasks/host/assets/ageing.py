"""Files leave the pool by age, and one by name."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from typing import AbstractSet, Any, Iterator, Sequence

from tasks.host import releases, tree
from tasks.host.assets import pool, record
from tasks.host.assets.hashed import is_hashed
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run

LEAST = 7 * 86400  # seconds that a file is there for after the last release that had it


def age(run: Run, keep: int, paths: Sequence[str]) -> None:
    """Remove files that no release which counts has had for a week: one that is there, or of the last `keep` that were live.

    What is no file with a hash in its name is nobody's, and stays. Raises Failed.
    """
    run.lock.require(run)
    root = record.root(run)
    if not os.path.isdir(root):
        return
    entries, counted, now = record.load(run, paths), _counted(run, keep), int(time.time())
    left: dict[str, Any] = {}
    gone = 0
    try:
        for path, name, at in files(root):
            entry = entries.get(path) or record.entry()
            if _is_due(entry, counted, now):
                os.unlink(name, dir_fd=at)
                gone += 1
            else:
                left[path] = entry
        record.save(run, left)
        if gone:
            _remove_empty(root)
    except OSError as problem:
        raise pool.failed(root, problem) from problem
    if gone:
        run.report.note(f"asset pool: {gone} files removed, which no release has had for {LEAST // 86400} days")


def files(root: str) -> Iterator[tuple[str, str, int]]:
    """The files of the pool: path, name, and the open directory."""
    for found, name, at, mode in tree.everything(root):
        path = os.path.relpath(found, root)
        if stat.S_ISREG(mode) and is_hashed(name) and not path.startswith(pool.STAGED + os.sep):
            yield path, name, at


def _remove_empty(root: str) -> None:
    for found, name, at, mode in tree.everything(root):
        if stat.S_ISDIR(mode) and found != root:
            with contextlib.suppress(OSError):  # not empty
                os.rmdir(name, dir_fd=at)


def _is_due(entry: dict[str, Any], counted: AbstractSet[str], now: int) -> bool:
    """Whether its time is over; it begins anew where a release that counts has it, or the clock has gone back."""
    if not counted.isdisjoint(entry["releases"]) or entry["seen"] > now:
        entry["seen"] = now
    return bool(now - entry["seen"] > LEAST)


def take_out(run: Run, path: str, paths: Sequence[str]) -> None:
    """Remove one file, by its path below the pool, and report whether it was there. Raises Failed."""
    run.lock.require(run)
    root = record.root(run)
    if not is_below(path):
        raise Failed(f"{path!r} is no path below the asset pool", f"ls -R {quoted(root)} # on the host")
    parent, name = os.path.split(path)
    try:
        with tree.folder(root, parent) as at, tree.naming(os.path.join(root, path)):
            os.unlink(name, dir_fd=at)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return
    except OSError as problem:
        raise Failed(f"{problem.filename} cannot be removed: {problem.strerror}") from problem
    entries = record.load(run, paths)
    entries.pop(path, None)
    record.save(run, entries)
    run.report.fact("removed", path)
    run.report.note(f"asset pool: removed {path}")


def is_below(path: str) -> bool:
    """Whether a path is written as one below the pool, without any way out."""
    return bool(path) and not {"", ".", "..", pool.STAGED} & set(path.split("/")) and "\0" not in path


def _counted(run: Run, keep: int) -> set[str]:
    """The releases that are there, and the last ones that were live, be they pruned."""
    released = releases.records(run).released
    last = sorted(released, key=lambda name: (released[name], name))[-max(keep, 2) :]
    return {*last, *(name for name in releases.present(run) if releases.sealed(run, name))}
