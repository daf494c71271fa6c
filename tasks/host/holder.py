"""Who holds a lock: what its holder has written into its file."""

from __future__ import annotations

import contextlib
import os
import time

from tasks.host import files, programs, reserve
from tasks.host.failure import Failed
from tasks.host.private import LOCKS
from tasks.host.run import Run, now


def holder(run: Run) -> dict[str, str] | None:
    """Who holds a lock now. A starting run waits for this look at it."""
    path = next(filter(files.is_flocked, map(run.place, LOCKS)), None)
    if not path:
        return None
    for _ in range(20):
        _, by, what, since, *_ = signature(path)
        if by:
            break
        time.sleep(0.05)  # a new holder is about to sign
    return {"by": by, "what": what, "since": since}


def signature(path: str) -> list[str]:
    """The fields of a lock's signature, "" for each that is missing.

    Run, by, what, since, process group, phase, build, and when the leader of the group started, as the kernel counts.
    """
    return files.fields(path, 8)


def sign(run: Run, descriptor: int, path: str, record: str = "") -> None:
    """Write who holds a lock into its open file; `record` is the phase, where it is not the run's own. Raises Failed."""
    pid, phase = os.getpid(), record or run.phase
    what = " ".join(run.what.split())
    fields = (run.id, run.by, what, now(), str(pid), phase, run.build, str(programs.started(pid)))
    data = ("\t".join(fields) + "\n").encode("utf-8", "surrogateescape")

    def write() -> None:
        empty(descriptor)
        files.write_all(descriptor, data)

    try:
        reserve.with_reserve(run, write)
    except OSError as problem:
        what = f"cannot write to {path}: the disk may be full"
        raise Failed(what, f"df -h {files.quoted(run.state)}; df -i {files.quoted(run.state)} # on the host") from problem


def empty(descriptor: int) -> None:
    """Take a signature out of its file."""
    with contextlib.suppress(OSError):  # no file: what is written to it says why
        os.ftruncate(descriptor, 0)
