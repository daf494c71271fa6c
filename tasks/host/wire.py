"""Event lines to the workstation. No step waits for the workstation to read: a thread writes what stands in a queue."""

from __future__ import annotations

import collections
import json
import os
import threading

from tasks.host import threads

LIMIT = 1 << 20  # bytes that wait to be written
PIECE = 1 << 16


class Wire:
    """Numbered lines on a descriptor, each with the mark of this conversation in front. Nothing here raises."""

    def __init__(self, descriptor: int, mark: str) -> None:
        self._descriptor, self._mark = descriptor, mark
        self._lines: collections.deque[str] = collections.deque()
        self._waiting = self._left_out = self._number = 0
        self._changed = threading.Condition()
        self._writing = False
        self.gone = False  # nobody reads any more
        threads.start(threading.Thread(target=self._write))

    def send(self, event: tuple[str, ...]) -> None:
        """Queue one event. Lines of output are left out while too much waits, and counted; lines of a text wait instead."""
        if event[0] == "text":
            self._wait_for_room()
        self.put(json.dumps(event), optional=event[0] == "line")

    def put(self, text: str, *, optional: bool = False) -> None:
        """Queue the JSON text of one event."""
        with self._changed:
            if self.gone:
                return
            if optional and self._waiting > LIMIT:
                self._left_out += 1
                return
            if self._left_out:
                self._append(json.dumps(["left_out", str(self._left_out)]))
                self._left_out = 0
            self._append(text)
            self._changed.notify_all()

    def flush(self, seconds: float) -> None:
        """Wait until everything is written, at most so long."""
        with self._changed:
            self._changed.wait_for(lambda: self.gone or not (self._lines or self._writing), seconds)

    def _append(self, text: str) -> None:
        self._lines.append(text)
        self._waiting += len(text)

    def _wait_for_room(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self.gone or self._waiting <= LIMIT)

    def _write(self) -> None:
        while not self.gone:
            try:
                data = self._next()
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError:
                self.gone = True
            with self._changed:
                self._writing = False
                self._changed.notify_all()

    def _next(self) -> bytes:
        with self._changed:
            self._changed.wait_for(lambda: bool(self._lines))
            lines, size = [], 0
            while self._lines and size < PIECE:
                text = self._lines.popleft()
                self._number += 1
                size += len(text)
                lines.append(f"{self._mark} {self._number} {text}\n")
            self._waiting -= size
            self._writing = True
        return "".join(lines).encode()
