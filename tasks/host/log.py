"""The output of a phase: a job's log file, or memory for a phase whose output nobody reads once it went well.

What git and other tools print may hold secrets: it stays in memory until the step has ended, and gets into the file masked.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import Callable

KEPT = 1 << 20  # bytes of what the tools of one step print: the last
WRAPPED = 4096  # bytes in which a value that is wrapped over lines ends


class Log:
    """An open file that is appended to, or memory alone; tools print to `descriptor`."""

    def __init__(self, path: str = "", mask: Callable[[bytes], bytes] | None = None) -> None:
        self.descriptor = os.memfd_create("printed")
        fcntl.fcntl(self.descriptor, fcntl.F_SETFL, os.O_APPEND)  # its programs and daemons share one place in it
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        self._file = os.open(path, flags, 0o644) if path else self.descriptor
        self._mask = mask

    def begin(self, step: str) -> None:
        """A step begins; what tools printed before is kept."""
        self.keep()
        if self._file != self.descriptor:
            self.write(f"--- {step}\n".encode())

    def keep(self) -> None:
        """Move what tools have printed into the file, masked."""
        printed = self.printed(KEPT)
        os.ftruncate(self.descriptor, 0)
        if printed and self._mask:
            self.write(self._mask(printed))

    def write(self, data: bytes) -> None:
        """Append; what a full disk does not take is lost."""
        with contextlib.suppress(OSError):
            os.write(self._file, data)

    def size(self) -> int:
        """Bytes of the file."""
        return os.fstat(self._file).st_size

    def printed(self, most: int) -> bytes:
        """What tools have printed in this step: whole lines of the end, and at most so many bytes."""
        before = max(0, os.fstat(self.descriptor).st_size - most)
        printed = os.pread(self.descriptor, most, before)
        if before:  # a value may have been wrapped over the lines at the cut
            at = printed.rfind(b"\n", 0, min(WRAPPED, most // 4)) + 1 or printed.find(b"\n") + 1 or len(printed)
            printed = printed[at:]
        return printed

    def close(self) -> None:
        """Close the file; what was in memory is gone."""
        for descriptor in {self._file, self.descriptor}:
            os.close(descriptor)
