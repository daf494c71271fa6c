"""One run at a time per live link, by kernel locks (flock, as every version of this tool takes them).

`lock` is held while the workstation that drives a run is heard, `job.lock` while a job of it runs. A run starts only when both
are free, so neither can be stale. `move` is held besides by who may move or serve the live link, taken after `lock`: a rollback
that finds `lock` taken for a mere build passes it by, and takes `move` alone.
"""

from __future__ import annotations

import fcntl
import os
import time

from tasks.host import cutover, files, history, hold, private, reserve, state
from tasks.host.failure import BUSY, UNREACHABLE, Failed
from tasks.host.holder import empty, holder, sign, signature
from tasks.host.ready import ready
from tasks.host.run import Protection, Run

BUILD, MOVE, ROLLBACK = "build", "move", "rollback"
"""What a run needs the lock for: to build, and nothing is moved before it asks for that; to move or serve what is live from its
beginning; and to go back, for which no build is waited for. A holder's record has the first, as the phase."""

ASKED = 0.3  # seconds: a run that asks for the holder has the lock for an instant
SIGNING = 2.0  # seconds for a new holder to sign
OWN_JOB = 1.0


class Lock(Protection):
    """The locks of a conversation: held from `take` until `let_go`, or by nobody."""

    def __init__(self) -> None:
        self._lock = self._move = -1  # descriptors
        self._run = ""

    @property
    def held(self) -> bool:
        """Whether this process holds what protects its run."""
        return self._lock >= 0 or self._move >= 0

    def take(self, run: Run, *, returns: bool = False, beside: bool = False, needs: str = "", restarted: bool = False) -> None:
        """Take it, signed, with what a run may not begin without, and report the state under it.

        `returns`: this run had it before, and no hold stops it now; `beside`: its own job may be running; `needs`: BUILD,
        MOVE or ROLLBACK; `restarted`: there must be a record of this run. Raises Failed.
        """
        ready(run)
        if restarted and not _knows(run):
            what = "this host knows nothing of this run: it is another machine than the one that the run began on"
            raise Failed(what, run.hint("status"), code=UNREACHABLE)
        try:
            self._begin(run, needs, beside=beside)
            if not returns:
                hold.refuse(run)
            state.refuse_unsealed_live(run)
            state.report(run)
        except BaseException:
            self.let_go()
            raise

    def acquire(self, run: Run, *, beside: bool = False, record: str = "") -> None:
        """Take `lock`, signed, on a host that may not be set up. Raises Failed."""
        private.keep(run)
        path = run.place("lock")
        descriptor = _taken(run, path, "")
        try:
            sign(run, descriptor, path, record)  # at once: a run that is refused now can name the holder
            _no_job(run, beside)
        except BaseException:
            os.close(descriptor)
            raise
        self._lock, self._run = descriptor, run.id

    def acquire_move(self, run: Run) -> None:
        """Take `move` too, where this run has it not yet, and complete what a dead run left of its own. Raises Failed."""
        if self._move < 0:
            path = run.place("move")
            self._move, self._run = _taken(run, path, "what is live is being moved or served; ", "busy_move"), run.id
            sign(run, self._move, path)
            _settle(run)
        if self._lock >= 0:
            sign(run, self._lock, run.place("lock"))  # from here on no rollback passes it by

    def require(self, run: Run) -> None:
        """A step that changes what the lock protects begins with this. Raises Failed where this run has lost it."""
        if not self.held or self._run != run.id:
            raise lost(run)

    def let_go(self) -> None:
        """Free them; nobody's signature stays."""
        for descriptor in (self._move, self._lock):
            if descriptor >= 0:
                empty(descriptor)
                os.close(descriptor)
        self._lock = self._move = -1

    def _begin(self, run: Run, needs: str, *, beside: bool) -> None:
        try:
            self.acquire(run, beside=beside, record=BUILD if needs == BUILD else "")
        except Failed as refused:
            if refused.code != BUSY or needs != ROLLBACK or not _only_builds(run):
                raise
            run.report.note(f"{_holder(run)} is passed by: it is a build, and moves nothing")
        if needs in (MOVE, ROLLBACK):
            self.acquire_move(run)
        else:
            _settle_where_nobody_moves(run)


class JobLock(Protection):
    """The lock of a job: taken while the conversation that started it still holds the other."""

    def __init__(self) -> None:
        self._descriptor = -1

    def join(self, run: Run) -> None:
        """Take it. Raises Failed when another job runs, or the lock was lost since."""
        self._descriptor = _open(run, run.place("job.lock"))
        if not files.flocked(self._descriptor, OWN_JOB):
            raise _busy(run, run.place("job.lock"), "its job is still running; ")
        if signature(run.place("lock"))[0] != run.id:
            raise lost(run)

    def sign(self, run: Run) -> None:
        """Write down who runs it, and the process group that `cancel` ends: this process's own."""
        sign(run, self._descriptor, run.place("job.lock"))

    def let_go(self) -> None:
        """Free it, in the process that waits for this one as well."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)


def lost(run: Run) -> Failed:
    """The refusal of a run whose lock was let go."""
    run.report.fact("lost_lock", "yes")
    return _busy(run, run.place("lock"), "this run has lost the lock; ")


def _taken(run: Run, path: str, why: str, fact: str = "busy_run") -> int:
    """A descriptor that holds the lock of this file. Raises Failed, with a fact, where somebody else's does."""
    descriptor = _open(run, path)
    if not files.flocked(descriptor, ASKED) and not _freed(descriptor, path):
        os.close(descriptor)
        raise _busy(run, path, why, fact)
    return descriptor


def _knows(run: Run) -> bool:
    """Whether there is a record of this run: a lock that it signed, a job of it, or a line in history."""
    signed = any(signature(run.place(name))[0] == run.id for name in private.LOCKS)
    jobs = any(name.startswith(f"{run.id}-") for name in files.names(run.place("jobs")))
    return signed or jobs or any(entry.get("run") == run.id for entry in history.entries(run))


def _only_builds(run: Run) -> bool:
    """Whether who holds a lock has recorded that it builds; an earlier version of this tool records that of a job alone."""
    paths = run.place("lock"), run.place("job.lock")
    return all(signature(path)[5] == BUILD for path in paths if files.is_flocked(path))


def _holder(run: Run) -> str:
    found = holder(run) or {"by": "somebody", "what": "a run"}
    return f"{found['what']} of {found['by']}"


def _settle(run: Run) -> None:
    """Under `move` alone: what is between an intent and its rename is somebody's who has it."""
    state.settle(run)
    cutover.sweep_staged(run)


def _settle_where_nobody_moves(run: Run) -> None:
    descriptor = _open(run, run.place("move"))
    try:
        if files.flocked(descriptor, 0):
            _settle(run)
    finally:
        os.close(descriptor)


def job_running(run: Run) -> bool:
    """Whether a job runs, asked of the kernel."""
    return files.is_flocked(run.place("job.lock"))


def _freed(descriptor: int, path: str) -> bool:
    """A new holder signs in a moment, and a former one is no holder."""
    deadline = time.monotonic() + SIGNING
    while time.monotonic() < deadline:
        if os.path.getsize(path):
            return False
        if files.flocked(descriptor, 0.1):
            return True
    return False


def _no_job(run: Run, beside: bool) -> None:
    path = run.place("job.lock")
    descriptor = _open(run, path)
    try:
        own = beside and signature(path)[0] == run.id
        if not own and not files.flocked(descriptor, OWN_JOB):
            raise _busy(run, path, "its job is still running; ")
    finally:
        os.close(descriptor)


def _open(run: Run, path: str) -> int:
    found: list[int] = []
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK
    try:
        reserve.with_reserve(run, lambda: found.append(os.open(path, flags, 0o600)))  # an earlier version has not made them all
        return found[0]
    except OSError as problem:
        raise Failed(f"cannot write to {run.state}: {problem.strerror}", run.hint("check")) from problem


def _busy(run: Run, path: str, why: str, fact: str = "busy_run") -> Failed:
    other, by, what, since, *_ = signature(path)
    run.report.fact(fact, other or "unknown")
    next = f"{run.hint('attach')} # follows it; --wait SECONDS waits for it, and {run.hint('cancel')} ends it"
    if run.release and fact == "busy_move":
        next = f"{run.hint(run.verb, '--name', run.release)} # when that has ended: {run.release} stays built"
    return Failed(f"{why}{by or 'somebody'} holds the lock: {what or 'a run'}, since {since or 'just now'}", next, code=BUSY)
