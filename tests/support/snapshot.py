"""Everything about a directory that must not change: names, kinds, modes, owners, times and content."""

import hashlib
import stat
from functools import partial
from pathlib import Path

from tests.support.fab import LOCKS, is_held, until
from tests.support.trash import deleted

Snapshot = dict[str, tuple[object, ...]]


def snapshot(folder: Path) -> Snapshot:
    """The folder itself and all below it, no link followed."""
    return {str(path.relative_to(folder)): _entry(path) for path in (folder, *folder.rglob("*"))}


def settled(folder: Path, *without: str) -> Snapshot:
    """The same of a home or a state directory, once every lock is free and what was removed is deleted.

    A path with one of `without` in it is passed over.
    """
    for state in (folder, *folder.glob("builds/*")):
        until(partial(_is_free, state))
        deleted(state)
    return {path: entry for path, entry in snapshot(folder).items() if not any(part in path for part in without)}


def _is_free(state: Path) -> bool:
    return not any(is_held(state / name) for name in LOCKS)


def _entry(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    content = ""
    if stat.S_ISLNK(found.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(found.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, content
