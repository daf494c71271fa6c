"""The last words of a service: what it printed may hold secrets, which only the release user knows, and masks.

The service user's program leaves the text in a file that the release user can read, and nobody else; masked.py reports it.
"""

from __future__ import annotations

import contextlib
import os
import pwd

from tasks.host import acl, scratch
from tasks.host.run import Run

MOST = 4 << 20  # bytes: masked as a whole, before any of it is cut off
OWNERS = {acl.USER_OBJ: 6, acl.GROUP_OBJ: 0, acl.MASK: 4, acl.OTHER: 0}


def hand_over(run: Run) -> None:
    """Put what this step printed last into a file for the release user, and report its path."""
    text = run.log.printed(MOST)
    if not text.strip():
        return
    path = os.path.join(scratch.folder() or scratch.usual(), f"release-{os.urandom(8).hex()}")
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except OSError:
        return  # a full disk: the failure itself is reported nevertheless
    try:
        os.write(file, text)
        reader = {(acl.USER, pwd.getpwnam(run.release_user).pw_uid): 4}
        acl.write(file, {**reader, **{(tag, acl.NOBODY): bits for tag, bits in OWNERS.items()}})
    except (OSError, KeyError):
        pass  # without that user, or ACLs, the file stays its owner's
    finally:
        os.close(file)
    run.report.fact("said", path)


def remove(_: Run, path: str) -> None:
    """Remove such a file, once it was reported."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(path)
