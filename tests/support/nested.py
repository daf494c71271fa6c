"""Directories in one another, so many that no path reaches the last one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEPTH = 1500


@contextmanager
def nested(folder: Path, name: str, *moved: Path) -> Iterator[None]:
    """Make them in a directory, each of this name; at the end they are removed there, and in the places they were `moved` to.

    pytest could not: what a failed test leaves would end each later run with an error.
    """
    try:
        _make(folder, name)
        yield
    finally:
        subprocess.run(["rm", "-rf", folder / name, *moved], check=True)


def _make(folder: Path, name: str) -> None:
    at = os.open(folder, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
