"""The lines of check: ok, warn or FAIL, what was found, and what to type."""

from __future__ import annotations

import subprocess
from typing import Any, Callable, Dict, List, Tuple

from tasks.shell.lib.wire import emit

PATIENCE = 20.0  # seconds for one question to a program of the host


def ok(text: str) -> None:
    emit("check", "ok", text, "")


def warn(text: str, todo: str) -> None:
    emit("check", "warn", text, todo)


def fail(text: str, todo: str) -> None:
    emit("check", "FAIL", text, todo)


def looked(what: str, look: Callable[..., None], *given: Any) -> None:
    """Look at something. A host on which that cannot be done gets a line that says so, and never a traceback."""
    try:
        look(*given)
    except Exception as problem:
        warn("%s could not be looked at: %s: %s" % (what, type(problem).__name__, problem), "look at it on the host")


def asked(words: List[str], env: Dict[str, str] | None = None, folder: str = "/") -> Tuple[int, str]:
    """A program's exit code and what it prints on both channels; 127 and why where it cannot be run."""
    none, both = subprocess.DEVNULL, subprocess.STDOUT
    try:
        done = subprocess.run(
            words, env=env, cwd=folder, stdin=none, stdout=subprocess.PIPE, stderr=both, timeout=PATIENCE, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired) as problem:
        return 127, str(problem)
    return done.returncode, done.stdout.decode("utf-8", "replace")
