"""A copy of a file that shares its blocks with the original where the filesystem can, and is never the same inode."""

from __future__ import annotations

import fcntl
import os

FICLONE = 0x40049409
PIECE = 1 << 20


def clone(source: int, name: str, at: int | None = None) -> None:
    """Make `name`, which must not be there yet (in the directory `at`), of an open file: its content, mode and mtime."""
    about = os.fstat(source)
    target = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=at)
    try:
        try:
            fcntl.ioctl(target, FICLONE, source)
        except OSError:
            _copy(source, target)
        os.fchmod(target, about.st_mode & 0o777)
        os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))
    finally:
        os.close(target)


def _copy(source: int, target: int) -> None:
    offset = 0
    while True:
        piece = os.pread(source, PIECE, offset)
        if not piece:
            return
        offset += len(piece)
        while piece:
            piece = piece[os.write(target, piece) :]
