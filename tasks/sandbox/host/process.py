"""Processes that outlive who started them, known by pid and start time: a recycled pid is never one of ours."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .layout import Layout

END_SECONDS = 2.0
READY_FD = "READY_FD"


class UnitError(Exception):
    """A service did not do what was asked of it."""


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


def running(layout: Layout, name: str) -> Process | None:
    """The process that was launched last under a name, if it still runs."""
    record = _record(layout, name)
    known = Process(**json.loads(record.read_text())) if record.exists() else None
    return known if known and known.alive else None


def inside(layout: Layout) -> Iterator[Process]:
    """What runs with a home in this folder: servers, services, and commands that outlived their connection."""
    mark = f"HOME={layout.folder}/".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        started = start_time(pid)
        try:
            own = any(word.startswith(mark) for word in (entry / "environ").read_bytes().split(b"\0"))
        except OSError:
            continue
        if own and started and pid != os.getpid():
            yield Process(pid, started)


def launch(layout: Layout, name: str, program: str, *, cwd: Path, environment: Mapping[str, str]) -> None:
    """Start a program of the host in a session of its own, and wait until it says that it is ready."""
    reader, writer = os.pipe()
    log = layout.logs / f"{name}.log"
    with log.open("ab") as output, os.fdopen(reader, "rb") as ready:
        with os.fdopen(writer, "wb"):
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
        started = Process(child.pid, start_time(child.pid) or "")
        _record(layout, name).write_text(json.dumps(started._asdict()))
        if not ready.read():
            raise UnitError(f"{name} did not start; {log} ends with:\n{log.read_text(errors='replace')[-2000:]}")


def say_ready() -> None:
    """Report to the launching process that this one is ready."""
    with os.fdopen(int(os.environ.pop(READY_FD)), "w") as launcher:
        launcher.write("ready\n")


def _record(layout: Layout, name: str) -> Path:
    return layout.run / "processes" / f"{name}.json"
