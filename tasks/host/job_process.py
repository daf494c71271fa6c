"""The job's own interpreter: two processes, one that works, and one that waits for it and keeps its time from outside."""

from __future__ import annotations

import json
import os
import select
import signal
from typing import TYPE_CHECKING

from tasks.host import programs, strays
from tasks.host.failure import CANCELLED, FAILED, Cancelled, Failed
from tasks.host.job import WAKE, log_place
from tasks.host.lock import JobLock
from tasks.host.log import Log
from tasks.host.report import Report
from tasks.host.run import Run, expanded
from tasks.host.services.masked import shown
from tasks.host.steps import defect, perform, raise_time_up, resolve

if TYPE_CHECKING:
    from typing import Any

LATER = 8.0  # seconds for the process that works to end a step itself


class Events:
    """The events file: the only truth about a job. A full disk gets the reserve."""

    def __init__(self, folder: str) -> None:
        self._reserve = os.path.join(folder, "reserve")
        self._file = os.open(os.path.join(folder, "events"), os.O_WRONLY | os.O_APPEND)

    def send(self, event: tuple[str, ...]) -> None:
        """Append one event, and wake who follows."""
        data = (json.dumps(event) + "\n").encode()
        if not self._write(data):
            self.give_up_reserve()
            self._write(b"\n" + data)
        wake()

    def give_up_reserve(self) -> None:
        """Make room for the last words."""
        try:
            os.unlink(self._reserve)
        except OSError:
            pass

    def _write(self, data: bytes) -> bool:
        try:
            return os.write(self._file, data) == len(data)
        except OSError:
            return False


def wake() -> None:
    """Wake who follows, to read on."""
    try:
        os.write(WAKE, b"!")
    except OSError:
        pass  # nobody follows, or has read yet


def main(request: dict[str, Any]) -> None:
    """Run the job. Never returns."""
    for number in (signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.set_inheritable(WAKE, False)
    os.umask(0o022)
    job = Job(request)
    try:
        job.lock.join(job.run)
    except Failed as failure:
        job.refuse(failure)
    if request["undo"]:
        strays.adopt()
    heard, announced = os.pipe()
    worker = os.fork()
    if worker:
        os.close(announced)
        job.wait_for(worker, heard)
    else:
        os.close(heard)
        job.work(announced)


class Job:
    """One job: its run, its events, its lock."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request
        site, who = request["site"], request["who"]
        folder = os.path.join(_state(site), "jobs", f"{who['id']}-{request['phase']}")
        self.events = Events(folder)
        self.run = Run(request, Report(self.events.send), Log(log_place(_state(site), request), self._masked))
        self.run.job = folder
        self.run.lock = self.lock = JobLock()
        self.run.abandon = os._exit

    def refuse(self, failure: Failed) -> None:
        """End before anything was begun."""
        self.run.report.event("fail", failure.what, failure.next)
        self.end(failure.code)

    def end(self, code: int) -> None:
        """The result file is the last act of a job; what is done afterwards holds up nobody."""
        self.run.log.keep()
        self.events.give_up_reserve()
        path = os.path.join(self.run.job, "result")
        try:
            with open(path + ".new", "w", encoding="ascii") as file:
                file.write(f"{code}\n")
            os.rename(path + ".new", path)
            wake()
        except OSError:
            pass  # its directory was deleted: nobody can follow it any more
        try:
            if self.run.afterwards:
                self.lock.let_go()
                wake()
                self.run.afterwards()
        finally:
            os._exit(0)

    def work(self, announced: int) -> None:
        """The steps, in a session of their own; what was not finished is undone."""
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _cancel)
        signal.signal(signal.SIGUSR1, raise_time_up)
        run = self.run
        run.announce = lambda _, seconds, late: _announce(announced, seconds, late)
        try:
            self.lock.sign(run)
            code = perform(run, self.request["steps"])
        except Cancelled:
            code = self._ended_by_a_signal()
        except Failed as failure:
            code = self._fail(failure.code, failure.what, failure.next)
        except BaseException as error:
            code = self._fail(FAILED, defect(error), "")
        self._undo(code)
        self.end(code)

    def _ended_by_a_signal(self) -> int:
        """Only `cancel` cancels: a command may kill its parent too."""
        if os.path.exists(os.path.join(self.run.job, "cancelled")):
            return self._fail(CANCELLED, "it was cancelled", self.run.hint("status"))
        return self._fail(FAILED, f"{self.run.step} was ended by a signal on the host", self.run.hint("logs"))

    def wait_for(self, worker: int, heard: int) -> None:
        """Wait for the process that works, and end in its place when it was killed, or stopped beyond a step's time."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        strays.bury_all_but(worker)
        late = _guard(heard)
        if late:
            programs.end_group(worker, 0.0)
        status = programs.exit_code(os.waitpid(worker, 0)[1])
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # programs that are started from here on are waited for
        if not os.path.exists(os.path.join(self.run.job, "result")):
            self._bury(worker, status, late)
        os._exit(0)

    def _bury(self, worker: int, status: int, late: str) -> None:
        programs.end_group(worker, 0.0)
        strays.end(self.run.build)
        if late:
            self._fail(FAILED, late, "")
        elif status < 0:  # else a step stood still, and that is reported
            self._fail(FAILED, f"it was killed on the host (signal {-status}): out of memory?", self.run.hint("logs"))
        self._undo(FAILED)
        self.end(FAILED)

    def _undo(self, code: int) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, signal.SIG_IGN)
        if not self.request["undo"]:
            return
        try:
            resolve(self.request["undo"])(self.run, code)
        except Exception as error:
            self.run.report.warn(f"not everything of this build could be removed, the next run does it: {error}")

    def _masked(self, printed: bytes) -> bytes:
        try:
            return shown(self.run, printed).encode()
        except Failed as failure:
            return f"(what was printed is not kept: {failure.what})\n".encode()

    def _fail(self, code: int, what: str, next: str) -> int:
        self.run.failure = " ".join(what.split())
        self.run.report.event("fail", what, next)
        return code


def _cancel(*_: object) -> None:
    raise Cancelled


def _announce(descriptor: int, seconds: float, late: str) -> None:
    """A step begins: how long it may take, and what is reported when that is over."""
    try:
        os.write(descriptor, f"{seconds} {late}\n".encode())
    except OSError:
        pass  # who waited was killed


def _guard(heard: int) -> str:
    """Wait until the process that works has ended; what is reported where a step of it took too long."""
    limit, late = None, ""
    while select.select([heard], [], [], limit)[0]:
        lines = os.read(heard, 65536).rstrip(b"\n").split(b"\n")
        if lines == [b""]:
            return ""
        seconds, _, late = lines[-1].decode("utf-8", "replace").partition(" ")
        limit = float(seconds) + LATER
    return late


def _state(site: dict[str, Any]) -> str:
    return os.path.join(expanded(site["builds_dir"]), site["live_link"])
