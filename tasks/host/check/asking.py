"""How check looks at a host: questions to its programs, and a line in place of a traceback where a host cannot be looked at."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from tasks.host import files, programs
from tasks.host.failure import Failed
from tasks.host.run import Run

WRITTEN = ("COMPOSER_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "npm_config_cache")
PATIENCE = 20.0  # seconds for one question to a program of the host


def ask(words: list[str], env: Mapping[str, str] | None = None, *, errors: bool = True, seconds: float = 0.0) -> programs.Done:
    """Run a program in "/" for at most `seconds`, or PATIENCE, and capture what it prints; its stderr only with `errors`."""
    with files.opened(os.devnull, os.O_WRONLY) as nowhere:
        try:
            return programs.run(words, seconds=seconds or PATIENCE, env=env, cwd="/", errors=None if errors else nowhere)
        except (OSError, ValueError) as problem:  # no format that the kernel can start; a NUL in a word
            return programs.Done(programs.NOT_FOUND, str(problem).encode())


def which(word: str, path: str = "") -> str:
    """The program that a word starts, on PATH or on this one; "" where there is none. (shutil takes long to import.)"""
    found = (os.path.join(folder, word) for folder in (path or os.environ.get("PATH", os.defpath)).split(":"))
    return next((file for file in found if os.path.isfile(file) and os.access(file, os.X_OK)), "")


@contextlib.contextmanager
def scratch_home() -> Iterator[dict[str, str]]:
    """An environment for programs that would write into the home that they get: they write into one that is removed."""
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        places = dict.fromkeys(WRITTEN, home)
        yield {**programs.inherited(), **places, "COMPOSER_CACHE_DIR": os.devnull, "npm_config_update_notifier": "false"}


@contextlib.contextmanager
def guarded(run: Run, what: str) -> Iterator[None]:
    """A check. What it cannot cope with becomes a warning with the error's name."""
    try:
        yield
    except Failed:
        raise
    except Exception as problem:
        why = problem.strerror if isinstance(problem, OSError) else type(problem).__name__  # its text may be a file's
        place = getattr(problem, "source", "") or getattr(problem, "filename", "")
        run.report.doubt(f"{what} could not be looked at: {why}" + (f": {place}" if place else ""), "look at it on the host")


@contextlib.contextmanager
def attempt(run: Run, text: str) -> Iterator[None]:
    """A check that a build makes first, as one line: FAIL and why the build would fail, or ok and the text, if any."""
    try:
        yield
        if text:
            run.report.ok(text)
    except Failed as failure:
        if failure.reported:  # the time of this step is up
            raise
        run.report.bad(failure.what, failure.next)
