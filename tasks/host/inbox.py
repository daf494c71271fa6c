"""What the workstation sends: one JSON request a line, and the modules that it brings; an empty line says that it is there."""

from __future__ import annotations

import collections
import json
import threading
import time
from typing import TYPE_CHECKING

from tasks.host import threads

if TYPE_CHECKING:
    from typing import IO, Any

SILENCE = 20.0  # seconds unheard after which the lock is let go
ABANDONED = 15.0  # seconds unheard after which nothing new is begun for the workstation


class Inbox:
    """Requests in order, and when the workstation was last heard. A line that was cut short is no request."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._requests: collections.deque[dict[str, Any]] = collections.deque()
        self._changed = threading.Condition()
        self.heard = time.monotonic()
        self.ended = False
        threads.start(threading.Thread(target=self._read))

    def take(self, silence: float | None) -> dict[str, Any] | None:
        """The next request; None when none can come any more, or the workstation is not heard for `silence` seconds."""
        with self._changed:
            self.heard = max(self.heard, time.monotonic()) if silence else self.heard  # silence counts between phases alone
            while not self._requests:
                if self.ended:
                    return None
                left = None if silence is None else self.heard + silence - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
            return self._requests.popleft()

    def abandoned(self) -> bool:
        """Whether the workstation has gone, as far as this host can know."""
        return self.ended or time.monotonic() - self.heard > ABANDONED

    def wait(self, seconds: float) -> None:
        """Wait for anything that comes in, at most so long."""
        with self._changed:
            if not self.ended:
                self._changed.wait(seconds)

    def _read(self) -> None:
        while True:
            line = self._file.readline()
            if not line:
                break
            self._arrived(line)
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _arrived(self, line: bytes) -> None:
        request = json.loads(line) if line.strip() and line.endswith(b"\n") else None
        if request and request.get("modules"):
            packed = self._file.read(request["modules"])
            request = dict(request, packed=packed) if len(packed) == request["modules"] else None
        with self._changed:
            self.heard = time.monotonic()
            if request is not None:
                self._requests.append(request)
            self._changed.notify_all()
