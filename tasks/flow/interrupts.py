"""Ctrl-C, a CI job that is cancelled, a terminal that is closed: two flags, which the main thread reads where it waits.

A handler draws nothing, takes no lock and, once something may have been sent, raises nothing.
"""

import contextlib
import math
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

ALONE = any(Path(word).name in ("fab", "fabric") for word in sys.orig_argv[1:3])
"""Whether this process is fab's own: nothing but verbs is to be interrupted in it."""

IGNORED = frozenset(number for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN)
"""What was ignored from the start, as under nohup, and stays so."""

LOOK = 0.5
"""Seconds until the main thread, which waits, hears a signal that the kernel gave to another thread."""

begun = False
"""Whether a verb has begun: before, nothing can have been sent to a host."""


class Interrupts:
    """Hears signals while it is entered: `heard` is the first, `hurried` the second.

    Until the main thread has first waited, a signal raises KeyboardInterrupt wherever it arrives: nothing was sent. Afterwards
    each is as it was before; in a process of fab's own it is ignored, for the verb's exit code stands.
    """

    def __init__(self) -> None:
        self.heard = self.hurried = False
        self._held = self._ending = self._over = False
        self._waited = self._news = False
        self._woken: SimpleQueue[Any] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        global begun
        begun = True
        for number in SIGNALS:
            before = signal.getsignal(number)
            if number not in IGNORED and (ALONE or before != signal.SIG_IGN):
                self._before[number] = before
                signal.signal(number, lambda *_: self._hear())
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, signal.SIG_IGN if ALONE else before)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The first signal waits until this is done; the second does not. Raises KeyboardInterrupt at the end."""
        outer, self._held = self._held, True
        try:
            yield
        finally:
            self._held = outer
        self.check()

    @property
    def waiting(self) -> bool:
        """Whether a signal was heard that waits until what is held is done."""
        return self.heard and self._held and not self._ending and not self._over

    def check(self) -> None:
        """Raises KeyboardInterrupt when the run is to end here."""
        if not self._over and (self.hurried or (self.heard and not self._held and not self._ending)):
            raise KeyboardInterrupt

    def wait(self, inbox: SimpleQueue[Any], seconds: float | None = None) -> Any:
        """The next item of a queue; None when a signal came first.

        Raises KeyboardInterrupt as `check` does, and queue.Empty when so many seconds are over.
        """
        self._woken, self._waited = inbox, True
        self.check()
        item = None if self._news else self._next(inbox, seconds)
        self._woken, self._news = None, False
        self.check()
        return item

    def _next(self, inbox: SimpleQueue[Any], seconds: float | None) -> Any:
        end = math.inf if seconds is None else time.monotonic() + seconds
        while True:
            try:
                return inbox.get(timeout=max(0.0, min(end - time.monotonic(), LOOK)))
            except Empty:
                if time.monotonic() >= end:
                    raise

    def ending(self) -> None:
        """The run is being ended: only a second signal is heard from here on."""
        self._ending = True

    def over(self) -> None:
        """Nothing is interrupted any more: there is nothing left to end."""
        self._over = True

    def _hear(self) -> None:
        if self._over:
            return
        self.hurried, self.heard, self._news = self.heard, True, True
        if self._woken is not None:
            self._woken.put(None)  # SimpleQueue.put may be called within a signal handler
        elif not self._waited:
            raise KeyboardInterrupt
