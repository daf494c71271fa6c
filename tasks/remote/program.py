"""A program that is run on the workstation, and ended at its time with all that it has started."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress

Run = Callable[[Sequence[str], float], tuple[int | None, str, str]]


def run(words: Sequence[str], seconds: float) -> tuple[int | None, str, str]:
    """Exit code, stdout and stderr; no code where it did not end in time. Raises ValueError where it cannot be run."""
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, start_new_session=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"{words[0]} cannot be run: {error}") from error
    with process:
        try:
            out, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return None, "", ""
    return process.returncode, out.decode("utf-8", "surrogateescape"), said.decode("utf-8", "surrogateescape")
