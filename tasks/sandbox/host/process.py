"""Processes that outlive who started them, known by pid and start time: a recycled pid is never one of ours."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .layout import Layout

START_SECONDS = 60.0
END_SECONDS = 2.0
READY_FD = "READY_FD"


class NotStartedError(Exception):
    """A process ended, or said nothing, before it was ready."""


class Process(NamedTuple):
    """One process, and only that one."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """Whether it still runs: a zombie, or another process with the same pid, does not count."""
        return start_time(self.pid) == self.started

    def send(self, number: signal.Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.alive:
            os.kill(self.pid, number)


def start_time(pid: int) -> str | None:
    """The kernel's start time of a process in clock ticks since boot, or None where none runs."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def end(*processes: Process) -> None:
    """Ask processes to end, all at once, then make them."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes:
            process.send(number)
        deadline = time.monotonic() + END_SECONDS
        while any(process.alive for process in processes) and time.monotonic() < deadline:
            time.sleep(0.01)


def recorded(layout: Layout) -> dict[str, Process]:
    """Every process on record, by name, whether it still runs or not."""
    folder = layout.run / "processes"
    return {file.stem: Process(**json.loads(file.read_text())) for file in sorted(folder.glob("*.json"))}


def forget(layout: Layout, name: str) -> None:
    """Remove the record of a process."""
    _record(layout, name).unlink(missing_ok=True)


def inside(layout: Layout) -> Iterator[Process]:
    """What still runs with a home in this sandbox: commands that outlived their connection."""
    mark = f"HOME={layout.homes}/".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        started = start_time(pid)
        try:
            own = any(word.startswith(mark) for word in (entry / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        if own and started and pid != os.getpid():
            yield Process(pid, started)


def launch(layout: Layout, name: str, program: str, *, cwd: Path, environment: Mapping[str, str]) -> Process:
    """Start a program of the host in a session of its own, and wait until it says that it is ready."""
    reader, writer = os.pipe()
    log = layout.logs / f"{name}.log"
    with log.open("ab") as output, os.fdopen(reader, "rb") as ready:
        try:
            child = subprocess.Popen(
                [sys.executable, str(Path(__file__).parent), program, str(layout.folder)],
                cwd=cwd,
                env={**environment, READY_FD: str(writer)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(writer,),
                start_new_session=True,
            )
        finally:
            os.close(writer)
        process = Process(child.pid, start_time(child.pid) or "")
        _record(layout, name).write_text(json.dumps(process._asdict()))
        said, _, _ = select.select([ready], [], [], START_SECONDS)
        if not (said and ready.read()):
            end(process)
            raise NotStartedError(f"{name} did not start; {log} ends with:\n{log.read_text(errors='replace')[-2000:]}")
    return process


def say_ready() -> None:
    """Tell who launched this process that it is ready."""
    descriptor = int(os.environ.pop(READY_FD))
    os.write(descriptor, b"ready\n")
    os.close(descriptor)


def _record(layout: Layout, name: str) -> Path:
    return layout.run / "processes" / f"{name}.json"
