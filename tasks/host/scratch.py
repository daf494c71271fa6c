"""A directory with room for a file that lives for a moment: where a file can be made, there may be no room for its content."""

from __future__ import annotations

import contextlib
import os

from tasks.host import files

SIZE = 1 << 14  # bytes


def usual() -> str:
    """Where such files lie, unless there is no room."""
    return os.environ.get("TMPDIR") or "/tmp"  # noqa: S108


def folder() -> str:
    """The first of the usual directories that takes a file of SIZE; "" where none does."""
    places = (usual(), "/var/tmp", "/dev/shm", os.path.expanduser("~"))  # noqa: S108
    return next((place for place in places if _has_room(place)), "")


def _has_room(place: str) -> bool:
    path = os.path.join(place, f"release-{os.urandom(8).hex()}")
    try:
        with files.opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600) as file:
            files.write_all(file, os.urandom(SIZE))
            os.fsync(file)
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            os.remove(path)
    return True
