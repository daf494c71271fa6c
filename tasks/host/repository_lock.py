"""One at a time in repo.git, which the environments of a host share; and git's own locks that a dead git left there."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Iterator

from tasks.host import tree
from tasks.host.failure import Failed
from tasks.host.run import Run

NO_LOCKS = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
PAUSE = 0.05  # seconds between two tries


@contextlib.contextmanager
def locked(run: Run, wait: float | None = None, tidy: bool = True) -> Iterator[None]:
    """Hold the lock of repo.git. `tidy`: what a dead git left locked is unlocked.

    Waits for another environment for `wait` seconds, or step_timeout, then raises Failed.
    """
    deadline = time.monotonic() + (run.step_timeout if wait is None else wait)
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.ExitStack() as held:
        file = os.open(run.repo + ".lock", flags, 0o600)
        held.callback(os.close, file)
        noted = _take(run, file, deadline, False)
        folder = os.open(run.repo, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # the lock of earlier versions of this tool
        held.callback(os.close, folder)
        try:
            _take(run, folder, deadline, noted)
        except OSError as problem:
            if problem.errno not in NO_LOCKS:
                raise
        if tidy:
            unlock(run.repo)
        yield


def unlock(repo: str) -> None:
    """Remove git's own locks. They are files, and stay when git is killed; who holds the lock of repo.git is alone in it."""
    for name in _names(f"{repo}/worktrees"):
        _unlock_worktree(f"{repo}/worktrees/{name}/locked")
    files = [f"{repo}/{name}" for name in _names(repo)]
    for root in ("refs", "worktrees"):
        files += [f"{place}/{name}" for place, _, names in os.walk(f"{repo}/{root}") for name in names]
    for file in files:
        if file.endswith(".lock"):
            _unlink(file)
    if not _tidied_by_git(repo):
        _remove_half_written(f"{repo}/objects")


def _take(run: Run, descriptor: int, deadline: float, noted: bool) -> bool:
    """Whether it was noted that somebody else is waited for."""
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not noted:
                run.report.note("waiting for another environment of this host to finish with repo.git")
                noted = True
        else:
            return noted
        if time.monotonic() >= deadline:
            raise Failed(
                "another environment of this host did not finish with repo.git", f"on the host: fuser -v {run.repo}.lock"
            )
        time.sleep(PAUSE)


def _unlock_worktree(file: str) -> None:
    """A worktree that git never finished is locked by git itself, and `prune` passes it over; other locks are people's."""
    try:
        with open(file, "rb") as opened:
            said = opened.read(64)
    except OSError:
        return
    if said.strip() in (b"", b"initializing"):
        _unlink(file)


def _tidied_by_git(repo: str) -> bool:
    try:
        with open(f"{repo}/gc.pid", "rb") as file:
            os.kill(int(file.read(64).split()[0]), 0)
    except (OSError, ValueError, IndexError):
        return False
    return True


def _remove_half_written(objects: str) -> None:
    for folder in (objects, *(f"{objects}/{name}" for name in _names(objects))):
        for name in _names(folder):
            if name.startswith("tmp_"):
                with contextlib.suppress(OSError):
                    tree.remove(f"{folder}/{name}")


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _unlink(path: str) -> None:
    with contextlib.suppress(OSError):
        os.unlink(path)
