"""Threads beside the main one, which alone acts on signals: one that another thread takes would not wake it."""

from __future__ import annotations

import signal
import threading

OF_THE_MAIN_THREAD = (signal.SIGTERM, signal.SIGINT)


def start(thread: threading.Thread) -> None:
    """Start it with these signals blocked; the end of the program does not wait for it."""
    thread.daemon = True
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_THE_MAIN_THREAD)
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
