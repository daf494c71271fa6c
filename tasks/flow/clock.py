"""Time as a run sees it: seconds, pauses that a Ctrl-C ends, and the patience with a link that was lost."""

import threading
import time
from itertools import chain, repeat

PAUSES = (0.5, 1.5, 3.0)
"""Seconds between the first tries to reach a host again whose link was lost."""

LONGEST_PAUSE = 5.0
"""Seconds between the later ones."""


class Stopped(Exception):
    """Raised in a worker thread that is not to begin anything more: nobody waits for its result."""


class Clock:
    """Seconds, and pauses of worker threads that `stop` ends."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def now(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped as soon as the workers are stopped."""
        if self._stopping.wait(seconds):
            raise Stopped

    def stop(self) -> None:
        """From here on no worker begins anything."""
        self._stopping.set()

    def check(self) -> None:
        if self._stopping.is_set():
            raise Stopped


class Patience:
    """So many seconds for a host whose link was lost, from now on, or from when it was last renewed."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self.renew()

    def renew(self) -> None:
        """Something came from the host: begin again."""
        self._end = self._clock.now() + self._seconds
        self._pauses = chain(PAUSES, repeat(LONGEST_PAUSE))

    @property
    def left(self) -> float:
        """The seconds that are left, 0 when there are none."""
        return max(0.0, self._end - self._clock.now())

    def pause(self) -> None:
        """Wait before the next try. Raises Stopped."""
        self._clock.pause(next(self._pauses))
