"""Files, directories and kernel locks: read at once, surely files, on disk when a promise needs it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from collections.abc import Iterator

from tasks.host.failure import Failed

LARGEST = 1 << 26  # bytes: what is larger is none of ours
PLAIN = dict.fromkeys(map(ord, "_@%+=:,./-"))
WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW


def quoted(path: str) -> str:
    """The path as one word of a shell, for a line that a person types: in quotes where it needs them."""
    plain = path.isascii() and path.translate(PLAIN).isalnum()
    if plain or path.isprintable():
        return path if plain else "'" + path.replace("'", "'\\''") + "'"
    return "$'" + "".join(map(_escaped, path)) + "'"


def _escaped(character: str) -> str:
    """As bash reads it, where a screen would not show it as it is."""
    if character in "'\\":
        return "\\" + character
    return character if character.isprintable() else "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))


@contextlib.contextmanager
def needed(path: str) -> Iterator[None]:
    """Raises Failed where this file, which a step needs, cannot be read or written."""
    try:
        yield
    except OSError as problem:
        what = f"{path} cannot be read or written: {problem.strerror or problem}"
        raise Failed(what, f"ls -l {quoted(path)} # on the host") from problem


@contextlib.contextmanager
def opened(path: str, flags: int = os.O_RDONLY | os.O_NONBLOCK, mode: int = 0o644) -> Iterator[int]:
    """A descriptor that is closed at the end. Raises OSError."""
    descriptor = os.open(path, flags, mode)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_regular(path: str, flags: int = os.O_RDONLY, largest: int = LARGEST) -> int:
    """A descriptor of a regular file, of a size to be read at once; a FIFO in its place holds up nobody. Raises OSError."""
    descriptor = os.open(path, flags | os.O_NONBLOCK, 0o644)
    about = os.fstat(descriptor)
    if stat.S_ISREG(about.st_mode) and about.st_size <= largest:
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a file, or far too large", path)


def read(path: str, largest: int = LARGEST) -> bytes:
    """The content of a regular file. Raises OSError."""
    with open(open_regular(path, largest=largest), "rb") as file:
        return file.read()


def text(path: str, largest: int = LARGEST) -> str:
    """The text of a file of settings; "" where there is none, or it is no file of such a size."""
    try:
        return decoded(read(path, largest))
    except OSError:
        return ""


def decoded(data: bytes) -> str:
    """A text whose lines end in a line feed alone."""
    return data.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n")


def fields(path: str, count: int) -> list[str]:
    """The first line of a file, split at tabs into so many fields; "" for each that is missing, or cannot be read."""
    try:
        line = read(path).partition(b"\n")[0].decode("utf-8", "replace")
    except OSError:
        line = ""
    return [*line.split("\t"), *[""] * count][:count]


def write_all(descriptor: int, data: bytes) -> None:
    """One write; what a full disk takes only a part of is an error. Raises OSError."""
    if os.write(descriptor, data) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def replace(path: str, data: bytes, by: str) -> None:
    """Put a private file in the place of one, whole or not at all. `by`: who writes it, for the name that it has until then.

    What another died over goes too. Raises OSError.
    """
    folder, name = os.path.split(path)
    for left in names(folder):
        if left.startswith(f"{name}."):
            os.unlink(os.path.join(folder, left))
    new = f"{path}.{by}"
    with opened(new, WRITE_NEW, 0o600) as file:
        try:
            write_all(file, data)
            os.rename(new, path)
        except OSError:
            os.unlink(new)
            raise


def flush_directory(path: str) -> None:
    """Put on disk which names are in a directory. Raises OSError."""
    with opened(path, os.O_RDONLY | os.O_DIRECTORY) as folder:
        os.fsync(folder)


def flush_filesystem(folder: str) -> None:
    """Put on disk all that was written on the filesystem of a directory. Raises OSError."""
    with opened(folder, os.O_RDONLY | os.O_DIRECTORY) as place:
        system_call("syncfs", place, path=folder)


def entries(folder: str) -> list[os.DirEntry[str]]:
    """What lies in a directory; nothing where it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def names(folder: str) -> list[str]:
    """The names in a directory; none where it cannot be read."""
    return [entry.name for entry in entries(folder)]


def flocked(descriptor: int, seconds: float, how: int = fcntl.LOCK_EX) -> bool:
    """Take the kernel's lock of an open file; another's is waited for so many seconds. Whether it was free."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)


def is_flocked(path: str) -> bool:
    """Whether a process holds the lock of a file: the kernel is asked, for an instant. False where there is no file."""
    try:
        with opened(path) as file:
            return not flocked(file, 0, fcntl.LOCK_SH)
    except OSError:
        return False


def system_call(name: str, *arguments: int | bytes, path: str) -> None:
    """A call for which Python has no function. Raises OSError with this path."""
    import ctypes

    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem), path)
