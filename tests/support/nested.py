"""Directories in one another, so many that no path reaches the last one."""

import os
from pathlib import Path

DEPTH = 1500


def nest(folder: Path, name: str) -> None:
    """Make them in a directory, each of this name."""
    at = os.open(folder, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
