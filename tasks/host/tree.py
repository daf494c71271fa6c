"""Paths in a work tree that a commit or a build made: reached through open directories, so that no link leads elsewhere."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
PATH = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW
PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
FICLONE = 0x40049409  # of ioctl_ficlone(2)
PIECE = 1 << 20
HELD = 100  # open directories of one walk


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
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(name, dir_fd=at)
                below = os.open(name, DIRECTORY, dir_fd=at)
            os.close(at)
            at = below
        yield at
    finally:
        os.close(at)


def real(root: str, path: str) -> str | None:
    """`path` below `root` with the links in its directory followed, relative to the real `root`; None where they lead out."""
    root = os.path.realpath(root)
    parent, name = os.path.split(os.path.join(root, path))
    place = os.path.join(os.path.realpath(parent), name)
    return os.path.relpath(place, root) if place.startswith(root + os.sep) else None


def inside(path: str, root: str) -> bool:
    """Is this path, with every link in it followed, below a directory that is itself no link?"""
    return os.path.realpath(path).startswith(root + os.sep)


def leads_out(root: str, path: str) -> bool:
    """Does something at `path` of a real directory lead elsewhere, or nowhere?"""
    place = os.path.join(root, path)
    return os.path.lexists(place) and not (inside(place, root) and os.path.exists(place))


def files_below(root: str, path: str) -> Iterator[tuple[str, str, int]]:
    """The regular files at or below `path` of a real directory, out of which it does not lead.

    Of each: its path as `path` begins it, its own place, and the open directory that it is in.
    """
    place = os.path.realpath(os.path.join(root, path))
    for found, _, at, mode in everything(place) if os.path.lexists(place) else ():
        if stat.S_ISREG(mode):
            yield os.path.normpath(os.path.join(path, os.path.relpath(found, place))), found, at


def everything(path: str) -> Iterator[tuple[str, str, int, int]]:
    """A path that is no link, and all that lies below it: its path, its name, the open directory that it is in, and its mode.

    No link is followed; a directory comes after what lies in it. Raises OSError with the path of what cannot be read.
    """
    place, name = os.path.split(path)
    way, left = Way(place), [[name]]  # the names that are left in each directory on the way
    inside: list[tuple[str, str, int]] = []  # the directories on the way: their parents, names and modes
    try:
        while left[-1] or inside:
            if left[-1]:
                name = left[-1].pop()
                full = os.path.join(place, name)
                with naming(full):
                    mode = os.stat(name, dir_fd=way.at, follow_symlinks=False).st_mode
                if not stat.S_ISDIR(mode):
                    yield full, name, way.at, mode
                    continue
                inside.append((place, name, mode))
                left.append(way.down(full, name))
                place = full
            else:
                left.pop()
                full, (place, name, mode) = place, inside.pop()
                way.up(full)
                yield full, name, way.at, mode
    finally:
        way.close()


class Way:
    """The way down to a directory. Only the last few on it are held open, for they may be thousands in one another."""

    def __init__(self, root: str) -> None:
        self._held = [os.open(root, DIRECTORY)]
        self._above: list[tuple[int, int]] = []

    @property
    def at(self) -> int:
        """The directory that is reached, open."""
        return self._held[-1]

    def down(self, path: str, name: str) -> list[str]:
        """Into a directory, by its path and its name here: what it has, the last name first. Raises OSError."""
        about = os.fstat(self.at)
        with naming(path):
            self._held.append(os.open(name, DIRECTORY, dir_fd=self.at))
            self._above.append((about.st_dev, about.st_ino))
            if len(self._held) > HELD:
                os.close(self._held.pop(0))
            return sorted(os.listdir(self.at), reverse=True)

    def up(self, path: str) -> None:
        """Out of this directory, which has this path. Raises OSError where it was moved since."""
        known, below = self._above.pop(), self._held.pop()
        try:
            if not self._held:
                with naming(path):
                    self._held.append(os.open("..", DIRECTORY, dir_fd=below))
                    about = os.fstat(self.at)
                    if (about.st_dev, about.st_ino) != known:
                        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        finally:
            os.close(below)

    def close(self) -> None:
        """Let go of what is held."""
        while self._held:
            os.close(self._held.pop())


def walk(folder: str, closed: list[str] | None = None) -> Iterator[os.DirEntry[str]]:
    """All that lies below a directory, each directory before what lies in it; no link is followed. Raises OSError.

    Directories that may not be read are put into `closed`, where that is given.
    """
    folders = [folder]
    while folders:
        place = folders.pop()
        try:
            entries = [*os.scandir(place)]
        except PermissionError:
            if closed is None:
                raise
            closed.append(place)
            continue
        yield from entries
        folders += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def clone(source: int, name: str, at: int | None = None) -> None:
    """Make `name`, which must not be there yet (in the directory `at`), of an open file: its content, mode and mtime.

    It shares its blocks with the original where the filesystem can, and is never the same inode. It keeps the group where this
    user may give it.
    """
    about = os.fstat(source)
    target = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600, dir_fd=at)
    try:
        try:
            fcntl.ioctl(target, FICLONE, source)
        except OSError:
            copied = 0
            while piece := os.pread(source, PIECE, copied):
                copied += os.write(target, piece)
        if os.fstat(target).st_gid != about.st_gid:
            with contextlib.suppress(PermissionError):
                os.fchown(target, -1, about.st_gid)
        os.fchmod(target, about.st_mode & 0o777)
        os.utime(target, ns=(about.st_atime_ns, about.st_mtime_ns))
    finally:
        os.close(target)


def let_in(directory: int, mode: int) -> None:
    """Let this user into a directory, opened by PATH, that is its own. Raises OSError."""
    os.chmod(f"/proc/self/fd/{directory}", stat.S_IMODE(mode) | 0o700)


def remove(path: str) -> None:
    """Remove a file, a link or a whole directory; nothing where there is none. Modes of files are not changed.

    What somebody makes a link at the same time is not followed. Raises OSError.
    """
    parent, name = os.path.split(path)
    try:
        with contextlib.suppress(FileNotFoundError), opened(parent, parent or ".", os.O_RDONLY | os.O_DIRECTORY) as at:
            _remove(path, name, at)
    except RecursionError:
        raise OSError(errno.ENAMETOOLONG, "too many directories in one another", path) from None


def _remove(path: str, name: str, at: int) -> None:
    with contextlib.suppress(FileNotFoundError):  # somebody else, a tidying git say, may remove it at the same time
        with naming(path):
            mode = os.stat(name, dir_fd=at, follow_symlinks=False).st_mode
            if not stat.S_ISDIR(mode):
                os.unlink(name, dir_fd=at)
                return
        if mode & 0o700 != 0o700:
            with opened(path, name, PATH, at) as closed:
                let_in(closed, mode)
        with opened(path, name, DIRECTORY, at) as folder:
            for below in os.listdir(folder):
                _remove(os.path.join(path, below), below, folder)
        with naming(path):
            os.rmdir(name, dir_fd=at)
