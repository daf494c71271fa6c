"""Commands of hosts.yml: lanes side by side, the commands of each in order; the first failure ends the others.

Output may be huge, binary or absent, and a command may leave a daemon behind: what counts is that the command itself has ended.
"""

from __future__ import annotations

import os
import select
from collections.abc import Sequence

from tasks.host import programs, strays
from tasks.host.build import runtime
from tasks.host.failure import Failed
from tasks.host.lane import Lane, Where
from tasks.host.mask import Mask
from tasks.host.output import CappedLog, Output
from tasks.host.run import Run, expanded

GRACE = 1.5  # seconds between TERM and KILL
PAUSES = 0.001, 0.05  # seconds between two looks at what has ended: the first, and the longest


def run_lanes(run: Run, lanes: Sequence[tuple[str, str, Sequence[str]]]) -> None:
    """Run the release user's commands in the work tree: each lane is a label, a directory there, and commands."""
    mask = Mask(run.work, runtime.present(run, run.work))
    log, environment = CappedLog(run.log), _environment(run)
    made = []
    for label, folder, commands in lanes:
        where = Where(_inside(run.work, label, folder), environment, run.step_timeout)
        made.append(Lane(Output(label, run.report, log, mask), run.report, where, commands))
    _work(run, made)
    if os.path.islink(run.work):  # what follows would be done to whatever it leads to
        what = f"a command has put a link in the place of {run.work}: {os.readlink(run.work)}"
        raise Failed(what, "correct the commands in hosts.yml")


def _environment(run: Run) -> dict[str, str]:
    """hosts.yml's, what a command knows of its release, and by what it is found should it outlive this program."""
    folders = [os.path.join(run.work, expanded(folder)) for folder in run.path]
    path = os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
    ours = {**run.release_environment(), strays.VARIABLE: run.build, "PATH": path}
    return {**programs.inherited(), **run.env, **ours}


def _inside(work: str, label: str, folder: str) -> str:
    """A build that leaves its directory through a link could reach the live site."""
    path = os.path.join(work, folder)
    if not (os.path.realpath(path) + "/").startswith(os.path.realpath(work) + "/"):
        raise Failed(f"{label}: {path} leads out of the build", "correct its path in hosts.yml")
    if not os.path.isdir(path):
        raise Failed(f"{label}: its directory {path} is not there", "correct its path in hosts.yml")
    return path


def _work(run: Run, lanes: list[Lane]) -> None:
    try:
        failed = _first_failure(lanes)
    except BaseException:
        _end(lanes)
        strays.end(run.build)
        raise
    if failed:
        _end(lanes)
        failed.explain()
        raise Failed(failed.failure)


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
    """End what runs: each command and all in its session's group, TERM, then KILL for whoever is still there."""
    running = [lane for lane in lanes if lane.pid]
    programs.end_groups([lane.pid for lane in running], GRACE)
    for lane in running:
        if lane.gone():  # else it stands still in the kernel
            lane.finish()
