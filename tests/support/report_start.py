"""A fabfile for `test_forked.py`: `fab -r tests/support -c report_start report FILE` writes what a process starts with."""

import json
import locale
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from invoke.tasks import task

from tasks.flow import interrupts

STREAMS = ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")


def start() -> dict[str, Any]:
    """Return all that one process can have otherwise than another."""
    os.umask(umask := os.umask(0))
    return {
        "words": [
            sys.argv,
            sys.orig_argv,
            sys.path,
            sys.modules["__main__"].__name__,
            repr(sys.flags),
            sys.dont_write_bytecode,
        ],
        "place": [str(Path.cwd()), dict(os.environ), umask, locale.setlocale(locale.LC_ALL), os.getpgrp(), os.getsid(0)],
        "descriptors": [path.name for path in Path("/proc/self/fd").iterdir() if path.exists()],
        "streams": {name: stream(getattr(sys, name)) for name in STREAMS},
        "signals": {number: str(getattr(signal.getsignal(number), "__name__", "")) for number in signal.valid_signals()},
        "blocked": [*signal.pthread_sigmask(signal.SIG_BLOCK, [])],
        "interrupts": [interrupts.ALONE, [*interrupts.IGNORED], interrupts.begun],
        "threads": [threading.active_count(), len([*Path("/proc/self/task").iterdir()]), threading.main_thread().name],
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in dir(resource) if name.startswith("RLIMIT_")},
        "timer": signal.getitimer(signal.ITIMER_REAL),
    }


def stream(at: Any) -> Any:
    """Return what a standard stream is like; None for one that is closed."""
    if at is None:
        return None
    buffer = [type(at.buffer).__name__, type(at.buffer.raw).__name__]
    return [at.name, at.mode, at.encoding, at.errors, at.line_buffering, at.write_through, at.isatty(), at.fileno(), *buffer]


START = start()


@task
def report(_: object, file: str) -> None:
    """Write it to a file."""
    Path(file).write_text(json.dumps(START), encoding="utf-8")


@task
def wait(_: object, file: str) -> None:
    """Create a file, and wait to be ended."""
    Path(file).touch()
    time.sleep(300)


@task
def end(_: object, code: str) -> None:
    """Print without a line break, and end with a code."""
    print("the last words", end="")
    print("and why", end="", file=sys.stderr)
    sys.exit(int(code))
