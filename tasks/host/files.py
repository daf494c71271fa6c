"""Small files that this tool keeps: surely files, read at once, on disk when a promise needs it."""

from __future__ import annotations

import errno
import os
import stat

from tasks.host.failure import Failed

LARGEST = 1 << 26  # bytes: what is larger is none of ours


def quoted(path: str) -> str:
    """The path as one word of a shell, for a line that a person types."""
    return "'" + path.replace("'", "'\\''") + "'"


def unreadable(problem: OSError, path: str = "") -> Failed:
    """The failure of a step that needs a file which cannot be read or written."""
    place = path or str(problem.filename)
    return Failed(f"{place} cannot be read or written: {problem.strerror or problem}", f"look at it on the host: ls -l {place}")


def open_regular(path: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of a regular file, of a size to be read at once; a FIFO in its place holds up nobody. Raises OSError."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    about = os.fstat(descriptor)
    if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST:
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a file, or far too large", path)


def read(path: str) -> bytes:
    """The content of a regular file. Raises OSError."""
    descriptor = open_regular(path)
    try:
        pieces = []
        while True:
            pieces.append(os.read(descriptor, 1 << 20))
            if not pieces[-1]:
                return b"".join(pieces)
    finally:
        os.close(descriptor)


def first_line(path: str) -> str:
    """The first line of a file, "" where there is none or it cannot be read."""
    try:
        return read(path).partition(b"\n")[0].decode("utf-8", "replace")
    except OSError:
        return ""


def write_all(descriptor: int, data: bytes) -> None:
    """One write; what a full disk takes only a part of is an error. Raises OSError."""
    if os.write(descriptor, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def flush_directory(path: str) -> None:
    """Put on disk which names are in a directory. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
