"""A worker of the site: it works in the release that was live when it started, until it is asked to end."""

import signal
from pathlib import Path

from .layout import Layout
from .process import say_ready

ENDS = {signal.SIGTERM, signal.SIGINT}


def main(_: Layout) -> int:
    """Stay until SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    print(f"working in {Path.cwd()}", flush=True)
    say_ready()
    print(f"ending on {signal.Signals(signal.sigwait(ENDS)).name}", flush=True)
    return 0
