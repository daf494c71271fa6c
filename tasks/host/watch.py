"""Deadlines that are kept from outside the thread that works: one thread acts when a time is up."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator


class Watch:
    """Calls an action, in a thread of its own, when its time is up before it is lifted."""

    def __init__(self) -> None:
        self.begin()
        os.register_at_fork(after_in_child=self.begin)  # a fork takes no thread along

    def begin(self) -> None:
        """Forget every limit."""
        self._changed = threading.Condition()
        self._limits: dict[int, tuple[float, Callable[[], None]]] = {}
        self._number = 0
        self._started = False

    @contextlib.contextmanager
    def limit(self, seconds: float, action: Callable[[], None]) -> Iterator[None]:
        """Call `action` unless the block ends within so many seconds."""
        with self._changed:
            self._number += 1
            number = self._number
            self._limits[number] = (time.monotonic() + seconds, action)
            if not self._started:
                self._started = True
                threading.Thread(target=self._keep, daemon=True).start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._limits.pop(number, None)

    def _keep(self) -> None:
        while True:
            for action in self._due():
                action()

    def _due(self) -> list[Callable[[], None]]:
        with self._changed:
            now = time.monotonic()
            due = [number for number, (when, _) in self._limits.items() if when <= now]
            if due:
                return [self._limits.pop(number)[1] for number in due]
            soonest = min((when for when, _ in self._limits.values()), default=None)
            self._changed.wait(None if soonest is None else soonest - now)
            return []


WATCH = Watch()
"""The one of this process."""
