"""A deadline that is kept from outside the thread that works."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from tasks.host import threads


@contextlib.contextmanager
def limit(seconds: float, action: Callable[[], None]) -> Iterator[None]:
    """Call `action`, in a thread of its own, unless the block ends within so many seconds."""
    timer = threading.Timer(seconds, action)
    try:
        threads.start(timer)
        yield
    finally:
        timer.cancel()
