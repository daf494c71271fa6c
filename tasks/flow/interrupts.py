"""Ctrl-C, a CI job that is cancelled, a terminal that is closed: the first ends the run in good order, the second at once."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

ORDERLY = 4.5
"""Seconds for an end in good order; what is not over then may still be running on the host, and that is said."""

ALONE = any(Path(word).name in ("fab", "fabric") for word in sys.orig_argv[1:3])
"""Whether this process is fab's own: nothing but verbs is to be interrupted in it."""

IGNORED = frozenset(number for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN)
"""What was ignored from the start, as under nohup, and stays so."""

begun = False
"""Whether a verb has begun: before, nothing can have been sent to a host."""


class Interrupts:
    """Raises KeyboardInterrupt for a signal, unless it has to wait.

    Afterwards each is as it was before; in a process of fab's own it is ignored, for the verb's exit code stands.
    """

    def __init__(self) -> None:
        self.heard = self.hurried = False
        self._waiting: Callable[[], None] | None = None
        self._over = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        global begun
        begun = True
        for number in (*SIGNALS, signal.SIGALRM):
            before = signal.getsignal(number)
            if number not in IGNORED and (ALONE or before != signal.SIG_IGN):
                self._before[number] = before
                signal.signal(number, lambda *_: self._hear())
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, before in self._before.items():
            signal.signal(number, signal.SIG_IGN if ALONE else before)

    @contextlib.contextmanager
    def held(self, tell: Callable[[], None]) -> Iterator[None]:
        """The first signal waits until this is done, and `tell` says so; the second does not."""
        outer, self._waiting = self._waiting, tell
        try:
            yield
        finally:
            self._waiting = outer
        if self.heard and not outer:
            self._end()

    def over(self) -> None:
        """From here on nothing is interrupted any more: there is nothing left to end."""
        self._over = True

    def _hear(self) -> None:
        if self._over:
            return
        self.hurried, self.heard = self.heard, True
        if self._waiting and not self.hurried:
            self._waiting()
            return
        self._end()

    def _end(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0 if self.hurried else ORDERLY)
        raise KeyboardInterrupt
