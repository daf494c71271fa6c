"""Ctrl-C, a CI job that is cancelled, a terminal that is closed: the first ends the run in good order, the second at once."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

ORDERLY = 4.5
"""Seconds for an end in good order; what is not over then may still be running on the host, and that is said."""

begun = False
"""Whether a verb has begun: before, nothing can have been sent to a host."""


class Interrupts:
    """Raises KeyboardInterrupt for a signal, unless it has to wait. A signal that was ignored before stays ignored (nohup)."""

    def __init__(self) -> None:
        self.hurried = False
        self._heard = False
        self._waiting: Callable[[], None] | None = None
        self._over = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        global begun
        begun = True
        for number in (*SIGNALS, signal.SIGALRM):
            before = signal.getsignal(number)
            if before != signal.SIG_IGN:
                self._before[number] = before
                signal.signal(number, lambda *_: self._hear())
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, before in self._before.items():
            signal.signal(number, before)

    @contextlib.contextmanager
    def held(self, tell: Callable[[], None]) -> Iterator[None]:
        """The first signal waits until this is done, and `tell` says so; the second does not."""
        outer, self._waiting = self._waiting, tell
        try:
            yield
        finally:
            self._waiting = outer
        if self._heard and not outer:
            self._end()

    def over(self) -> None:
        """From here on nothing is interrupted any more: there is nothing left to end."""
        self._over = True

    def _hear(self) -> None:
        if self._over:
            return
        self.hurried, self._heard = self._heard, True
        if self._waiting and not self.hurried:
            self._waiting()
            return
        self._end()

    def _end(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0 if self.hurried else ORDERLY)
        raise KeyboardInterrupt
