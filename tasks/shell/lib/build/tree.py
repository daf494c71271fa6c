"""What lies in a directory, found through open directories: nobody who swaps one for a link leads the walk elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import Iterator, Tuple

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def named(path: str) -> Iterator[None]:
    """An OSError from within says this path, whatever the call was given."""
    try:
        yield
    except OSError as problem:
        problem.filename, problem.filename2 = path, None
        raise


@contextlib.contextmanager
def opened(path: str, name: str, flags: int, at: int = -1) -> Iterator[int]:
    """A descriptor of `name`, in the open directory `at` if one is given; an error says `path`."""
    with named(path):
        found = os.open(name, flags, dir_fd=at if at >= 0 else None)
    try:
        yield found
    finally:
        os.close(found)


@contextlib.contextmanager
def folder_in(root: str, path: str, make: bool = False) -> Iterator[int]:
    """A descriptor of the directory `path` below `root`, with no link followed; `make` what is not there.

    Raises NotADirectoryError where a link, or a file, stands in the way.
    """
    place, at = root, os.open(root, DIRECTORY)
    try:
        for name in path.split("/"):
            place = os.path.join(place, name)
            with named(place):
                if make and name:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, dir_fd=at)
                inner = os.open(name or ".", DIRECTORY, dir_fd=at)
            os.close(at)
            at = inner
        yield at
    finally:
        os.close(at)


def below(at: int, path: str) -> Iterator[Tuple[str, str, int, int]]:
    """All that lies below an open directory: its path, its name, the open directory that it is in, and its mode.

    No link is followed; a directory comes after what lies in it. Raises OSError with the path of what cannot be read.
    """
    with named(path):
        names = sorted(os.listdir(at))
    for name in names:
        place = os.path.join(path, name)
        with named(place):
            mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            with opened(place, name, DIRECTORY, at) as folder:
                yield from below(folder, place)
        yield place, name, at, mode


def inside(path: str, root: str) -> bool:
    """Is this path, with every link in it followed, below a directory that is itself no link?"""
    return os.path.realpath(path).startswith(root + os.sep)


def everything(path: str) -> Iterator[Tuple[str, str, int, int]]:
    """A path that is no link, and all that lies below it, as `below` tells it: the path itself comes last."""
    folder, name = os.path.split(path)
    with opened(folder, folder, DIRECTORY) as at:
        with named(path):
            mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            with opened(path, name, DIRECTORY, at) as itself:
                yield from below(itself, path)
        yield path, name, at, mode
