"""The log of a build: a command that prints without end does not fill the disk. Python 3.8, standard library only."""

from __future__ import annotations

import os
import threading
from typing import Iterable

LOGGED = 64 << 20  # bytes


class Log:
    """What commands print, as far as a log may grow."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "ab", buffering=0)
        self.writing, self.full = threading.Lock(), False

    def write(self, name: str, data: bytes, always: bool = False) -> None:
        label = os.fsencode(name) + b" | "
        text = label + data[:-1].replace(b"\n", b"\n" + label) + b"\n"
        with self.writing:
            if not always and os.fstat(self.file.fileno()).st_size + len(text) > LOGGED:
                text = b"" if self.full else label + b"(the log is full: what is printed from here on is not kept)\n"
                self.full = True
            try:
                self.file.write(text)
            except OSError:
                pass  # a full disk is the command's to report

    def end(self, name: str, tail: Iterable[bytes]) -> None:
        """How a command ended that has failed, where its last lines were not kept."""
        if self.full:
            self.write(name, b"\n".join(tail) + b"\n", always=True)
