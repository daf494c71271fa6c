"""A job: a phase that goes on when its workstation does not. Its own interpreter, lock, events file and result file."""

from __future__ import annotations

import marshal
import os
import sys
from typing import TYPE_CHECKING, Any

from tasks.host import follow, programs, releases
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.log import Log
from tasks.host.ready import ready
from tasks.host.run import Run

if TYPE_CHECKING:
    from tasks.host.program import Packed

RESERVE = 65536  # bytes: on a full disk a job would end without a word; these are given up for it
PAYLOAD, WAKE = 3, 4  # descriptors of the job's interpreter
START = "import marshal;p=marshal.loads(open(3,'rb').read());exec(p[0]);work(p)"  # marshal.load takes 8 times as long


def start(run: Run, request: dict[str, Any], reader: follow.Reader, packed: Packed) -> int:
    """Start the job of a request, and follow it to its end. Its exit code. Raises Failed."""
    ready(run)
    if not releases.is_name(run, run.release):  # it becomes a path
        raise Failed(f"{run.release!r} is no name of a release of {run.live}", run.hint("releases"))
    folder = _folder(run)
    errors = _new_files(run, request, folder)
    wake, waker = os.pipe()
    os.set_blocking(waker, False)  # a follower that stands still stops nobody
    os.set_blocking(wake, False)
    pid = _spawn(request, packed, errors, waker)
    os.close(errors)
    os.close(waker)
    try:
        return follow.to_the_end(run, folder, reader, child=pid, wake=wake)
    finally:
        os.close(wake)


def _new_files(run: Run, request: dict[str, Any], folder: str) -> int:
    """The files of a job that has not begun; a descriptor for what it prints. Raises Failed."""
    try:
        os.makedirs(folder, exist_ok=True)
        os.makedirs(run.place("logs"), exist_ok=True)
        result = os.path.join(folder, "result")
        if os.path.exists(result):
            os.remove(result)  # the same job was refused, as its run had lost the lock
        for name, size in (("events", 0), ("reserve", RESERVE)):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(bytes(size))
        Log(log_place(run.state, request)).close()  # it can be written: the job itself could not report that it cannot
        return os.open(os.path.join(folder, "errors"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as problem:
        raise Failed(
            f"cannot write to {run.state}: {problem.strerror}",
            f"df -h {quoted(run.state)}; df -i {quoted(run.state)} # on the host",
        ) from problem


def _spawn(request: dict[str, Any], packed: Packed, errors: int, waker: int) -> int:
    payload = os.memfd_create("job")
    with os.fdopen(os.dup(payload), "wb") as file:
        file.write(marshal.dumps((packed.code("tasks.host.boot"), packed.sources, packed.codes, request)))
    os.lseek(payload, 0, os.SEEK_SET)
    null = os.open(os.devnull, os.O_RDONLY)
    try:
        words = [sys.executable or "python3", "-I", "-S", "-c", START]
        return programs.start(words, null, errors, errors, payload, waker, session=True)
    finally:
        os.close(payload)
        os.close(null)


def log_place(state: str, request: dict[str, Any]) -> str:
    """The log of a job's output."""
    return os.path.join(state, "logs", f"{request['about']['release'] or request['phase']}.log")


def _folder(run: Run) -> str:
    return run.place("jobs", f"{run.id}-{run.phase}")
