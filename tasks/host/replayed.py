"""A long history as it was replayed, kept beside it, so that a run reads only the lines that are new.

It counts for the very bytes and the very rules that it was made of: where a hand has changed a line, all lines are replayed.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from tasks.host import files, history, records
from tasks.host.records import Records

if TYPE_CHECKING:
    from tasks.host.run import Run

NAME = "history.replayed"
LONG = 256 << 10  # bytes: fewer are replayed in no time


def begin(run: Run, version: tuple[int, int]) -> Records:
    """Where the replay of this history begins: at what was kept of it, or at nothing. Raises Failed."""
    found = Records()
    if version[1] < LONG:
        return found
    head, _, body = files.text(run.place(NAME)).partition("\n")
    with contextlib.suppress(ValueError, KeyError, RecursionError):
        digest, size = head.split(" ")
        if digest == _digest(history.read(run)[: int(size)], body):
            found.take(json.loads(body))
            found.version, found.kept = (version[0], int(size)), int(size)
    return found


def keep(run: Run, found: Records) -> None:
    """Write down what was replayed, where much has come since that was done. A run goes well without it."""
    size = found.version[1]
    if size - found.kept < LONG:
        return
    body = json.dumps(found.given())
    digest = _digest(history.read(run)[:size], body)
    with contextlib.suppress(OSError):
        files.replace(run.place(NAME), f"{digest} {size}\n{body}".encode(), run.id)
        found.kept = size


def _digest(of: bytes, body: str) -> str:
    import hashlib  # a short history needs none

    loader: Any = records.__loader__
    rules = loader.get_source(records.__name__)
    digest = hashlib.sha256(f"{len(rules)} {rules}{len(body)} {body}".encode("utf-8", "surrogateescape"))
    digest.update(of)
    return digest.hexdigest()
