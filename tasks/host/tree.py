"""Paths in a work tree that a commit or a build made: reached through open directories, so that no link leads elsewhere."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """An OSError from within has this path as its file name, whatever the call was given."""
    try:
        yield
    except OSError as problem:
        problem.filename, problem.filename2 = path, None
        raise


@contextlib.contextmanager
def opened(path: str, name: str, flags: int, at: int = -1) -> Iterator[int]:
    """A descriptor of `name`, in the open directory `at` if one is given; an error names `path`."""
    with naming(path):
        found = os.open(name, flags, dir_fd=at if at >= 0 else None)
    try:
        yield found
    finally:
        os.close(found)


@contextlib.contextmanager
def folder(root: str, path: str, make: bool = False) -> Iterator[int]:
    """The directory `path` below `root`, which is no link, opened through no link; `make`: made where it is missing."""
    at = os.open(root, DIRECTORY)
    place = root
    try:
        for name in filter(None, path.split("/")):
            place = os.path.join(place, name)
            with naming(place):
                below = _enter(name, at, make)
            os.close(at)
            at = below
        yield at
    finally:
        os.close(at)


def _enter(name: str, at: int, make: bool) -> int:
    if make:
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, dir_fd=at)
    return os.open(name, DIRECTORY, dir_fd=at)


def real(root: str, path: str) -> str | None:
    """`path` below `root` with the links in its directory followed, relative to the real `root`; None where they lead out."""
    root = os.path.realpath(root)
    parent, name = os.path.split(os.path.join(root, path))
    place = os.path.join(os.path.realpath(parent), name)
    return os.path.relpath(place, root) if place.startswith(root + os.sep) else None


def inside(path: str, root: str) -> bool:
    """Is this path, with every link in it followed, below a directory that is itself no link?"""
    return os.path.realpath(path).startswith(root + os.sep)


def below(at: int, path: str) -> Iterator[tuple[str, str, int, int]]:
    """All that lies below an open directory: its path, its name, the open directory that it is in, and its mode.

    No link is followed; a directory comes after what lies in it. Raises OSError with the path of what cannot be read.
    """
    with naming(path):
        names = sorted(os.listdir(at))
    for name in names:
        place = os.path.join(path, name)
        with naming(place):
            mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            with opened(place, name, DIRECTORY, at) as inner:
                yield from below(inner, place)
        yield place, name, at, mode


def everything(path: str) -> Iterator[tuple[str, str, int, int]]:
    """A path that is no link, and all that lies below it, in the form of `below`: the path itself comes last."""
    parent, name = os.path.split(path)
    with opened(parent, parent, DIRECTORY) as at:
        with naming(path):
            mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            with opened(path, name, DIRECTORY, at) as itself:
                yield from below(itself, path)
        yield path, name, at, mode


def remove(path: str) -> None:
    """Remove a file, a link or a whole directory; nothing where there is none. Modes of files are not changed."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(mode):
        os.unlink(path)
        return
    if mode & 0o700 != 0o700:
        os.chmod(path, mode | 0o700)
    with os.scandir(path) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        remove(os.path.join(path, name))
    os.rmdir(path)
