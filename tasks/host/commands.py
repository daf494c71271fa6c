"""Commands of hosts.yml: lanes side by side, the commands of each in order; the first failure ends the others.

Output may be huge, binary or absent, and a command may leave a daemon behind: what counts is that the command itself has ended.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Mapping, Sequence

from tasks.host import programs, strays
from tasks.host.build import runtime
from tasks.host.failure import Failed
from tasks.host.mask import Mask
from tasks.host.output import PIECE, CappedLog, Output
from tasks.host.run import Run, expanded

GRACE = 1.5  # seconds between TERM and KILL
PAUSES = 0.001, 0.05  # seconds between two looks at what has ended: the first, and the longest
WHY = {126: ", it may not be run", 127: ", command not found: is its directory in path of hosts.yml?"}


def run_lanes(run: Run, lanes: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Run the release user's commands in the work tree: each lane is a label, a directory there, and commands."""
    mask, log = Mask(runtime.secrets(run)), CappedLog(run.log)
    folders = [os.path.join(run.work, expanded(folder)) for folder in run.path]
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    # by its build is found what outlives this program
    ours = {**run.release_environment(), strays.VARIABLE: run.build, "PATH": path}
    environment = {**programs.inherited(), **run.env, **ours}
    made = [
        Lane(run, Output(label, run.report, log, mask), _inside(run.work, label, folder), environment, commands)
        for label, folder, commands in lanes
    ]
    try:
        failed = _first_failure(made)
    except BaseException:
        _end(made)
        strays.end(run.build)
        raise
    if failed:
        _end(made)
        failed.output.explain()
        raise Failed(failed.failure)
    if os.path.islink(run.work):  # what follows would be done to whatever it leads to
        what = f"a command has put a link in the place of {run.work}: {os.readlink(run.work)}"
        raise Failed(what, "# correct the commands in hosts.yml")


def _inside(work: str, label: str, folder: str) -> str:
    """A build that leaves its directory through a link could reach the live site."""
    path = os.path.join(work, folder)
    if not (os.path.realpath(path) + "/").startswith(os.path.realpath(work) + "/"):
        raise Failed(f"{label}: {path} leads out of the build", "# correct its path in hosts.yml")
    if not os.path.isdir(path):
        raise Failed(f"{label}: its directory {path} is not there", "# correct its path in hosts.yml")
    return path


def _first_failure(lanes: list[Lane]) -> Lane | None:
    """Run them to their end. The lane that failed, as soon as one does."""
    for lane in lanes:
        lane.start_next()
    pause = PAUSES[0]
    while True:
        for lane in lanes:
            if lane.failure or (lane.pid and lane.late()):
                return lane
        running = [lane for lane in lanes if lane.pid]
        if not running:
            return None
        busy = _read(running, pause)
        busy += sum(lane.ended() for lane in running)
        pause = PAUSES[0] if busy else min(2 * pause, PAUSES[1])


def _read(lanes: list[Lane], seconds: float) -> int:
    """Wait for output, but no longer than so many seconds, and pass it on. How many lanes had something."""
    reading = {lane.reading: lane for lane in lanes if lane.reading >= 0}
    ready = select.poll()
    for descriptor in reading:
        ready.register(descriptor, select.POLLIN)
    found = ready.poll(seconds * 1000)
    for descriptor, _ in found:
        reading[descriptor].read()
    return len(found)


def _end(lanes: list[Lane]) -> None:
    """End what runs: each command and all in its session's group, TERM, then KILL for what is still there."""
    running = [lane for lane in lanes if lane.pid]
    programs.end_groups([lane.pid for lane in running], GRACE)
    for lane in running:
        if lane.gone():  # else it stands still in the kernel
            lane.finish()


class Lane:
    """Commands that run one after the other in a directory, each in its own session, within its time, with an empty stdin.

    `failure`: the first of them that failed, and how.
    """

    def __init__(self, run: Run, output: Output, folder: str, environment: Mapping[str, str], commands: Sequence[str]) -> None:
        self.output, self.failure = output, ""
        self.reading = -1  # the read end of the running command's output; -1: none, or nobody has it open any more
        self.pid = 0  # of the running command; 0: the lane is at its end
        self._report, self._seconds, self._waiting = run.report, run.step_timeout, list(commands)
        self._folder, self._environment = folder, environment
        self._command, self._began = "", 0.0

    def start_next(self) -> None:
        """Start the next command, if there is one."""
        if not self._waiting:
            return
        self._command = self._waiting.pop(0)
        self._began = time.monotonic()
        self.output.begin(self._command)
        self._report.event("lane", "start", self.output.label, self._command)
        self.reading, writing = os.pipe()
        os.set_blocking(self.reading, False)
        nothing = os.open(os.devnull, os.O_RDONLY)
        words = [*programs.SHELL, self._command]
        try:
            self.pid = programs.start(words, nothing, writing, writing, env=self._environment, cwd=self._folder, session=True)
            if not self.pid:
                self._fail("could not be started: bash was not found")
        except OSError as problem:
            self._fail(f"could not be started: {problem.strerror}")
        finally:
            os.close(writing)
            os.close(nothing)

    def read(self) -> None:
        """Pass on what the running command has printed since."""
        try:
            data = os.read(self.reading, PIECE)
        except BlockingIOError:
            return
        if data:
            self.output.take(data)
        else:
            self._close()

    def ended(self) -> bool:
        """Whether the command has ended, though a child may have its output open. After a good one the next is started."""
        if not self.gone():
            return False
        code = self.finish()
        if code:
            self._fail(f"was killed by signal {-code}" if code < 0 else f"exited {code}{WHY.get(code, '')}")
        else:
            spent = int((time.monotonic() - self._began) * 1000)
            self._report.event("lane", "done", self.output.label, self._command, str(spent))
            self.start_next()
        return True

    def gone(self) -> bool:
        """Whether the running command has ended. It is waited for later: until then its number is nobody else's."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def late(self) -> bool:
        """Whether the running command has had its time."""
        if time.monotonic() - self._began <= self._seconds:
            return False
        self._fail(f"was ended after {self._seconds:g} seconds (step_timeout)")
        return True

    def finish(self) -> int:
        """The exit code of a command that has ended, once its last output is passed on."""
        code = programs.exit_code(os.waitpid(self.pid, 0)[1])
        self.pid = 0
        if self.reading >= 0:
            self.read()  # as much as a pipe holds; a daemon may go on printing
        self._close()
        self.output.flush()
        return code

    def _close(self) -> None:
        if self.reading >= 0:
            os.close(self.reading)
            self.reading = -1

    def _fail(self, how: str) -> None:
        first = next(iter(self._command.strip().splitlines()), self._command)
        shown = first if len(first) <= 80 else first[:77] + "..."
        self.failure = f"{self.output.label}: {shown!r} {how}"
