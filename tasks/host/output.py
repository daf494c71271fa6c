"""What the commands of hosts.yml print: masked, labelled, to the log; the newest line to the workstation."""

from __future__ import annotations

import collections
import re
import time

from tasks.host.log import Log
from tasks.host.mask import Mask
from tasks.host.masking.views import UNSEEN
from tasks.host.report import Report

LOGGED = 64 << 20  # bytes: a command that prints without end does not fill the disk
PIECE = 65536  # bytes: a line without an end is passed on in pieces of this size
SEEN = 16384  # bytes of one piece in which lines are looked for, to be shown
LAST, WIDEST = 60, 500  # how many lines of what failed are shown, and bytes of each
OF_ERRORS = (b"error", b"fatal", b"exception", b"failed", b"cannot", b"not found", b"denied")
ERROR = re.compile(rb"\b[a-z]*(?:" + b"|".join(OF_ERRORS) + rb")\b", re.I)
EVERY = 0.1  # seconds between two lines that are reported
FULL = b"(the log is full: what is printed from here on is not kept)"


class CappedLog:
    """The log of a step, as far as it may grow. Every line begins with the label of its lane."""

    def __init__(self, log: Log) -> None:
        self._log, self.full = log, False

    def write(self, label: str, data: bytes, always: bool = False) -> None:
        """Append lines, which end in a line feed; `always`: however long the log is."""
        if self.full and not always:
            return
        prefix = label.encode("utf-8", "surrogateescape") + b" | "
        text = prefix + data[:-1].replace(b"\n", b"\n" + prefix) + b"\n"
        if always or self._log.size() + len(text) <= LOGGED:
            self._log.write(text)
        else:
            self.full = True
            self._log.write(prefix + FULL + b"\n")


class Output:
    """The output of one lane."""

    def __init__(self, label: str, report: Report, log: CappedLog, mask: Mask) -> None:
        self.label, self._report, self._log, self._mask = label, report, log, mask
        self._tail: collections.deque[bytes] = collections.deque(maxlen=LAST)
        self._before: list[bytes] = []  # the same of the last command that printed anything
        self._error = b""  # the first line that looks like one
        self._partial, self._shown = b"", 0.0

    def begin(self, command: str) -> None:
        """A command begins."""
        self._before = list(self._tail) or self._before
        self._tail.clear()
        self._error = b""
        self._log.write(self.label, b"$ " + command.encode("utf-8", "surrogateescape") + b"\n", always=True)

    def take(self, data: bytes) -> None:
        """More output: whole lines are passed on at once, and pieces of a line that is too long to be waited for."""
        done, self._partial = self._mask.begin(self._partial + data, PIECE)
        if done:
            self._pass_on(done)

    def flush(self) -> None:
        """The command has ended: what it printed of a last line is all of it."""
        if self._partial:
            self._pass_on(self._mask(self._partial))
        self._partial = b""

    def explain(self) -> None:
        """The command has failed: its first error and its last lines are reported, and logged where they were not kept.

        One that printed nothing is explained by what the one before it printed.
        """
        lines = list(self._tail) or self._before
        if self._log.full:
            self._log.write(self.label, b"\n".join(lines) + b"\n", always=True)
        if self._error and self._error not in lines:
            lines = [self._error, b"...", *lines]
        for line in lines:
            self._report.tail(self.label, clean(line))

    def _pass_on(self, data: bytes) -> None:
        self._log.write(self.label, data if data.endswith(b"\n") else data + b"\n")
        seen = data[-SEEN:].replace(b"\r", b"\n").split(b"\n")  # a carriage return ends a line too
        lines = [line for line in seen if line.strip()][-LAST:]
        if not self._error:
            self._error = first_error(data)[-WIDEST:]
        self._tail.extend(line[-WIDEST:] for line in lines)
        now = time.monotonic()
        if lines and now - self._shown > EVERY:
            self._shown = now
            self._report.line(self.label, clean(lines[-1]))


def first_error(data: bytes) -> bytes:
    """The first line that looks like an error, "" where there is none."""
    lower = data.lower()
    if not any(word in lower for word in OF_ERRORS):  # the pattern takes 100 times as long
        return b""
    return next((line for line in data.split(b"\n") if ERROR.search(line)), b"")


def clean(line: bytes) -> str:
    """A line for a screen: nothing in it moves a cursor."""
    return UNSEEN.sub(b"", line).decode("utf-8", "replace")[:300].rstrip()
