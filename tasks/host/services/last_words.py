"""The last words of a service: what it printed may hold secrets, which only the release user knows, and masks.

The service user's program leaves the text in a file that the release user can read, and nobody else; masked.py reports it.
"""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

from tasks.host import acl

if TYPE_CHECKING:
    from tasks.host.run import Run

READ, READ_WRITE = 4, 6


def hand_over(run: Run) -> None:
    """Put what this step printed last into a file for the release user, and report its path."""
    text = "\n".join(run.log.tail(run.mark))
    if not text.strip():
        return
    path = os.path.join(os.environ.get("TMPDIR") or "/tmp", f"release-{os.urandom(8).hex()}")  # noqa: S108
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError:
        return  # a full disk: the failure itself is reported nevertheless
    try:
        os.write(file, f"{text}\n".encode("utf-8", "replace"))
        _allow_reading(file, run.release_user)
    except OSError:
        pass
    finally:
        os.close(file)
    run.report.fact("said", path)


def remove(_: Run, path: str) -> None:
    """Remove such a file, once it was reported."""
    try:
        os.remove(path)
    except FileNotFoundError:
        pass


def _allow_reading(file: int, user: str) -> None:
    """Without that user, or ACLs, the file stays its owner's."""
    try:
        reader = pwd.getpwnam(user).pw_uid
    except KeyError:
        return
    acl.write(
        file,
        {
            (acl.USER_OBJ, acl.NOBODY): READ_WRITE,
            (acl.USER, reader): READ,
            (acl.GROUP_OBJ, acl.NOBODY): 0,
            (acl.MASK, acl.NOBODY): READ,
            (acl.OTHER, acl.NOBODY): 0,
        },
    )
