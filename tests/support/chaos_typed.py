"""A run of fab that goes on while a test does something to it."""

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.forked import Forked


class Typed:
    """A run of fab, and what it says."""

    def __init__(self, process: Forked, file: Path) -> None:
        self.process, self._file = process, file

    @property
    def said(self) -> str:
        """Everything so far."""
        return self._file.read_text(errors="replace")

    @property
    def code(self) -> int | None:
        """Its exit code, None while it runs."""
        return self.process.poll()

    @property
    def lost_the_link(self) -> bool:
        """Has it noticed?"""
        return bool(re.search(r"the link (to \S+ )?was lost", self.said))

    def wait(self, seconds: float = 60) -> bool:
        """Has it ended within these seconds? If not, it is killed."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        return True


def soon(condition: Callable[[], object], seconds: float) -> bool:
    """Has something come to be within these seconds?"""
    deadline = time.monotonic() + seconds
    while not (so := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(so)
