"""The host program: it serves the requests of one workstation on one login, one after the other, until it has gone.

Its first line answers a word from stdin with the word's SHA-256, which a login that echoes cannot do. Every later line begins
with a part of that answer and a number, and is one event; the last event of a phase is `end` and the code.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from tasks.host import threads
from tasks.host.environment import NOT_PASSED_ON
from tasks.host.failure import CANCELLED, FAILED, Cancelled, Failed
from tasks.host.inbox import SILENCE, Inbox
from tasks.host.lock import Lock, lost
from tasks.host.log import Log
from tasks.host.report import Report
from tasks.host.run import Run
from tasks.host.steps import defect, perform, raise_time_up, within_its_time
from tasks.host.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

    from tasks.host.program import Packed
    from tasks.host.records import Records


MARK = 12  # characters of the answer that begin each line
IDLE = 30.0  # seconds unheard after which a conversation without a lock ends: sshd may not notice a cut link for hours
LAST_LINES = 10.0  # seconds for the last lines to be written


def serve(packed: Packed, stdin: IO[bytes]) -> None:
    """Serve until stdin ends, or the lock was let go. Never returns."""
    answer = hashlib.sha256(stdin.readline()[:-1]).hexdigest()
    out = os.dup(1)
    os.write(out, f"{answer} 0 {json.dumps(_greeting())}\n".encode())
    _settle_in()
    Conversation(packed, Wire(out, answer[:MARK]), Inbox(stdin)).serve()


def _greeting() -> dict[str, str]:
    return {
        "python": ".".join(map(str, sys.version_info[:3])),
        "boot": _line("/proc/sys/kernel/random/boot_id"),
        "machine": _line("/etc/machine-id"),
    }


def _line(path: str) -> str:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _settle_in() -> None:
    """Nothing that a start-up file set reaches a step: directory, umask, variables that shells read, standard streams."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):
        os.dup2(null, number)
    os.close(null)
    os.umask(0o022)
    for name in [name for name in os.environ if name in NOT_PASSED_ON or name.startswith("BASH_FUNC_")]:
        del os.environ[name]
    try:
        os.chdir(os.path.expanduser("~"))
    except OSError:
        os.chdir("/")


class Conversation:
    """Requests, the lock that is held for them, and the way back to the workstation."""

    def __init__(self, packed: Packed, wire: Wire, inbox: Inbox) -> None:
        self.packed, self.wire, self.inbox = packed, wire, inbox
        self.lock = Lock()
        self.phase = ""  # the kind of the phase at work
        self._records: Records | None = None  # history as the last phase read it
        self._afterwards: Callable[[], None] | None = None
        self._signals()

    def serve(self) -> None:
        """Answer requests. Never returns."""
        lost_lock, code = False, 0
        while True:
            request = self.inbox.take(0.0 if lost_lock else SILENCE if self.lock.held else IDLE)
            if request is None:
                if not self.lock.held or self.inbox.ended:
                    self.leave(0)
                self.lock.let_go()
                lost_lock = True  # whatever stands in stdin already comes too late
                continue
            if "packed" in request:
                self.packed.add(request.pop("packed"))
            if lost_lock:
                code = self._refuse(request)
            elif not (code and request.get("after")):  # sent before the answer of the one that it depends on
                code = self._answer(request)
            self.wire.send(("end", str(code)))
            if self.inbox.abandoned() and not self.lock.held:
                self.leave(code)

    def leave(self, code: int) -> None:
        """End the program at once; what is queued is still written. What is done afterwards holds up nobody."""
        self.wire.flush(0.0 if self.inbox.ended else LAST_LINES)
        self.lock.let_go()
        try:
            if self._afterwards:
                self._afterwards()
        finally:
            os._exit(code)

    def _answer(self, request: dict[str, Any]) -> int:
        report = Report(self.wire.send)
        log = Log()
        try:
            self.phase = request["kind"]
            run = self._run(request, report, log)
            code = self._perform(request, run)
            if code == 0 and request.get("keep") and self.packed.grown and self.lock.held:
                self._keep(run)
            return code
        except Failed as failure:
            if not failure.reported:
                report.event("fail", failure.what, failure.next)
            return failure.code
        except Cancelled:
            report.event("fail", "it was ended, as nobody follows it any more", "")
            return CANCELLED
        except Exception as error:
            report.event("fail", defect(error), "")
            return FAILED
        finally:
            self.phase = ""
            log.close()

    def _run(self, request: dict[str, Any], report: Report, log: Log) -> Run:
        run = Run(request, report, log)
        run.lock = self.lock
        run.abandon = self._abandon
        return run

    def _perform(self, request: dict[str, Any], run: Run) -> int:
        run.records = self._records
        try:
            return self._dispatch(request, run)
        finally:
            self._records, self._afterwards = run.records, run.afterwards or self._afterwards

    def _dispatch(self, request: dict[str, Any], run: Run) -> int:
        if request.get("needs_move"):
            self.lock.require(run)
            with within_its_time(run, "move"):
                self.lock.acquire_move(run)
        if self.phase == "lock":
            if code := perform(run, request["steps"]):
                return code
            with within_its_time(run, "lock"):
                self.lock.take(run, **{name: request[name] for name in ("returns", "beside", "needs", "restarted")})
            run.report.event("locked")
            return 0
        if self.phase == "job":
            from tasks.host import follow, job

            reader = follow.Reader(self.wire, self.inbox, self.leave)
            return job.start(run, request, reader, self.packed)
        if self.phase == "follow":
            from tasks.host import follow  # without `job`: only what the kind names has travelled

            return follow.running(run, request, follow.Reader(self.wire, self.inbox, self.leave))
        if self.phase == "watched":
            threads.start(threading.Thread(target=self._end_when_abandoned))
        return perform(run, request["steps"])

    def _keep(self, run: Run) -> None:
        from tasks.host import kept

        kept.keep(run, self.packed)
        self.packed.grown = False

    def _refuse(self, request: dict[str, Any]) -> int:
        report = Report(self.wire.send)
        failure = lost(self._run(request, report, Log()))
        report.event("fail", failure.what, failure.next)
        return failure.code

    def _abandon(self, code: int) -> None:
        """A step stands still in the kernel: answer without it."""
        self._afterwards = None
        self.wire.send(("end", str(code)))
        self.leave(code)

    # -- signals

    def _signals(self) -> None:
        for number in (signal.SIGHUP, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._terminated)
        signal.signal(signal.SIGUSR1, raise_time_up)

    def _terminated(self, *_: object) -> None:
        """A phase that changes what is live goes to its end; what only waits, or acts on services, ends."""
        if self.phase == "watched":
            raise Cancelled
        if self.phase in ("", "job", "follow"):
            self.leave(CANCELLED)
        self.inbox.ended = True

    def _end_when_abandoned(self) -> None:
        while self.phase == "watched":
            if self.inbox.abandoned():
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
                return
            self.inbox.wait(1.0)
