"""A worker of the site: it works in the release that was live when it started, until it is asked to end."""

import signal
from pathlib import Path

from .process import say_ready

ENDS = {signal.SIGTERM, signal.SIGINT}


def main(folder: str) -> int:  # noqa: ARG001
    """Stay until told to end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    print(f"working in {Path.cwd()}", flush=True)
    say_ready()
    received = signal.sigwait(ENDS)
    print(f"ending on {signal.Signals(received).name}", flush=True)
    return 0
