"""Everything about a directory that must not change: names, kinds, modes, owners, times and content."""

import hashlib
import stat
from pathlib import Path

from tests.support.trash import deleted

Snapshot = dict[str, tuple[object, ...]]


def snapshot(folder: Path) -> Snapshot:
    """The folder itself and all below it, no link followed."""
    return {str(path.relative_to(folder)): _entry(path) for path in (folder, *folder.rglob("*"))}


def settled(folder: Path, *without: str) -> Snapshot:
    """The same, once what was removed from this home is deleted; a path with one of `without` in it is passed over."""
    for state in folder.glob("builds/*"):
        deleted(state)
    return {path: entry for path, entry in snapshot(folder).items() if not any(part in path for part in without)}


def _entry(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    content = ""
    if stat.S_ISLNK(found.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(found.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    return found.st_mode, found.st_uid, found.st_gid, found.st_mtime_ns, content
