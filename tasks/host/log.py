"""The output of a phase: a job's log file, or memory for a phase whose output nobody reads once it went well."""

from __future__ import annotations

import os

TAIL_LINES, TAIL_BYTES = 20, 8000


class Log:
    """An open file that is appended to; programs write to it by its descriptor."""

    def __init__(self, path: str = "") -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        self.path = path
        self.descriptor = os.open(path, flags, 0o644) if path else os.memfd_create("log")
        if not path:
            os.set_inheritable(self.descriptor, False)

    def write(self, data: bytes) -> None:
        """Append; what a full disk does not take is lost."""
        try:
            if not self.path:
                os.lseek(self.descriptor, 0, os.SEEK_END)
            os.write(self.descriptor, data)
        except OSError:
            pass

    def size(self) -> int:
        """Bytes written so far: a mark for `tail`."""
        return os.fstat(self.descriptor).st_size

    def tail(self, mark: int = 0) -> list[str]:
        """The last lines that were written after the mark."""
        size = self.size()
        start = max(mark, size - TAIL_BYTES)
        text = os.pread(self.descriptor, max(0, size - start), start).decode("utf-8", "replace")
        return text.splitlines()[-TAIL_LINES:]

    def close(self) -> None:
        """Close the file; what was in memory is gone."""
        os.close(self.descriptor)
