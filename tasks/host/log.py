"""The output of a phase: a job's log file, or memory for a phase whose output nobody reads once it went well."""

from __future__ import annotations

import contextlib
import os

TAIL_LINES, TAIL_BYTES = 20, 8000


class Log:
    """An open file that is appended to; programs write to it by its descriptor."""

    def __init__(self, path: str = "") -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        self.descriptor = os.open(path, flags, 0o644) if path else os.memfd_create("log")

    def write(self, data: bytes) -> None:
        """Append; what a full disk does not take is lost."""
        with contextlib.suppress(OSError):
            os.lseek(self.descriptor, 0, os.SEEK_END)  # memory is not appended to by itself
            os.write(self.descriptor, data)

    def size(self) -> int:
        """Bytes written so far: a mark for `tail`."""
        return os.fstat(self.descriptor).st_size

    def since(self, mark: int, most: int) -> bytes:
        """What was written after the mark: the end of it, and at most so many bytes."""
        return os.pread(self.descriptor, most, max(mark, self.size() - most))

    def tail(self, mark: int = 0) -> list[str]:
        """The last lines that were written after the mark."""
        return self.since(mark, TAIL_BYTES).decode("utf-8", "replace").splitlines()[-TAIL_LINES:]

    def close(self) -> None:
        """Close the file; what was in memory is gone."""
        os.close(self.descriptor)
