"""What each release was given: an HMAC of every runtime file, so that which copy has changed since can be known later.

In the state directory, where nobody but the release user reads it: `runtime/key`, and `runtime/RELEASE.json` for each release.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import TYPE_CHECKING

from tasks.host import files, releases, tree
from tasks.host.run import Run

KEY = 32  # bytes


if TYPE_CHECKING:
    from typing import Dict, Tuple

    Macs = Tuple[str, str]
    """The HMAC of a file as it was taken, and as it was in the release when that was sealed: a build may have changed it."""

    Record = Dict[str, Macs]
    """By the path of a runtime file in the release."""


def place(run: Run, *parts: str) -> str:
    """A path in the private directory for this, which is made where it is missing. Raises OSError."""
    folder = run.place("runtime")
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    return os.path.join(folder, *parts)


def key(run: Run) -> bytes:
    """This host's key, made once: whole or not at all, also where two runs make it at the same time. Raises OSError."""
    path = place(run, "key")
    with contextlib.suppress(FileNotFoundError):
        return files.read(path)
    partial = f"{path}.{os.urandom(8).hex()}"
    put(partial, os.urandom(KEY))
    with contextlib.suppress(FileExistsError):
        os.link(partial, path)
    os.unlink(partial)
    return files.read(path)


def mac(secret: bytes, data: bytes) -> str:
    """The HMAC-SHA256 of a content."""
    import hmac  # its imports take longer than most verbs that need none

    return hmac.new(secret, data, "sha256").hexdigest()


def read(run: Run, release: str) -> Record | None:
    """What is recorded of a release; None where nothing is, as on a host of an earlier version."""
    try:
        found = json.loads(files.read(os.path.join(run.place("runtime"), f"{release}.json")).decode("utf-8", "surrogateescape"))
    except (OSError, ValueError, RecursionError):
        return None
    return parsed(found.get("files")) if isinstance(found, dict) else None


def parsed(found: object) -> Record | None:
    """A record from JSON; None where it is of another form."""
    if not isinstance(found, dict):
        return None
    sound = all(isinstance(pair, list) and list(map(type, pair)) == [str, str] for pair in found.values())
    return {path: (pair[0], pair[1]) for path, pair in found.items()} if sound else None


def write(run: Run, release: str, record: Record | None, *, flush: bool = True) -> None:
    """Record what a release was given; None: that nothing is known. `flush`: put it on disk at once. Raises OSError."""
    path = place(run, f"{release}.json")
    if record is None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return
    partial = f"{path}.{os.urandom(8).hex()}"  # a build and a rollback may do it at the same time
    put(partial, json.dumps({"v": 1, "files": record}).encode() + b"\n", flush=flush)
    os.rename(partial, path)


def put(path: str, data: bytes, *, flush: bool = True) -> None:
    """A new private file, on disk where it is flushed. Raises OSError, and it is not there."""
    with files.opened(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600) as file:
        try:
            files.write_all(file, data)
            if flush:
                os.fsync(file)
        except OSError:
            os.unlink(path)
            raise


def forget(run: Run) -> None:
    """Remove what is kept of releases that are not there any more."""
    there = {*releases.present(run), run.release}
    for entry in files.entries(run.place("runtime")):
        name = entry.name[: len(f"{run.link}-20260101T000000Z")]
        if releases.is_name(run, name) and name not in there:
            with contextlib.suppress(OSError):  # the next run tries again
                tree.remove(entry.path)
