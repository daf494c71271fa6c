"""One thread that keeps time for all links, however many hosts there are."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

A_MOMENT = 0.05
"""Seconds in which nearly everything is sent: of many links, few threads are there at the same time."""

A_SECOND = 1.0

Look = Callable[[], float | None]
"""Does something that never waits; the seconds until it is to be called again, None for never."""


class Ticker:
    """Calls each `Look` when its time has come. Its thread begins with the first of them."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Look]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._running = False

    def begin(self, look: Look, after: float) -> None:
        """Call it for the first time after so many seconds."""
        with self._changed:
            self._put(look, after)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, daemon=True).start()
            self._changed.notify()

    def _put(self, look: Look, after: float) -> None:
        heapq.heappush(self._due, (time.monotonic() + after, next(self._order), look))

    def _run(self) -> None:
        while True:
            look = self._next()
            try:
                after = look()
            except RuntimeError:  # no thread can be started now: of all links, none is given up for that
                after = A_SECOND
            if after is not None:
                with self._changed:
                    self._put(look, after)

    def _next(self) -> Look:
        with self._changed:
            while not self._due or self._due[0][0] > time.monotonic():
                self._changed.wait(self._due[0][0] - time.monotonic() if self._due else None)
            return heapq.heappop(self._due)[-1]


class Sender:
    """Something that is sent, and that may wait for a link that takes nothing: in a thread that else ends at once."""

    def __init__(self, send: Callable[[], None]) -> None:
        self._send = send
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Send it, unless it still waits to be sent."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._send, daemon=True)
            self._thread.start()
            self._thread.join(A_MOMENT)


TICKER = Ticker()
"""That of this process."""
