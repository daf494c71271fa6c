"""One run of one peer, measured; and one run under strace, counted."""

import os
import subprocess
import time
from dataclasses import dataclass

from tests.bench.peers.peer import Command, Peer
from tests.bench.rig import Rig
from tests.bench.watch import Watch
from tests.support.processes import Memory, cpu_of, cpu_of_machine
from tests.support.traced import Traced, parse, tracing

SESSION = "Starting session"  # what sshd logs for each


@dataclass(frozen=True)
class Sample:
    """A run, its times and CPU in seconds. `seen` is when the live link had moved, `others` how many cores all else used."""

    seconds: float
    seen: float | None
    cpu_workstation: float
    cpu_host: float
    others: float
    up: int
    down: int
    connections: int
    sessions: int


@dataclass(frozen=True)
class Counted:
    """What a run starts and flushes on the host, and the memory in MiB of its largest process on the workstation."""

    traced: Traced
    memory: float


def measure(rig: Rig, peer: Peer, verb: str, rtt: int) -> Sample:
    """Run a verb at a round trip of `rtt` milliseconds. Raises RuntimeError when it fails."""
    command = peer.command(verb)
    rig.link.set(rtt)
    sessions, cpu, machine = rig.host.log().count(SESSION), cpu_of(rig.host.init), cpu_of_machine()
    with Watch(rig.host.seen_here(peer.current)) as watch:
        start = time.monotonic()
        process = command.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    busy = cpu_of_machine() - machine
    ended_well(command, process, os.waitstatus_to_exitcode(status))
    rig.host.quiet()
    counts = rig.link.set(0)
    here, there = usage.ru_utime + usage.ru_stime, cpu_of(rig.host.init) - cpu
    return Sample(
        seconds=seconds,
        seen=watch.seen - start if watch.seen else None,
        cpu_workstation=here,
        cpu_host=there,
        others=max(0.0, busy - here - there) / seconds,
        up=counts.up,
        down=counts.down,
        connections=counts.connections,
        sessions=rig.host.log().count(SESSION) - sessions,
    )


def count(rig: Rig, peer: Peer, verb: str) -> Counted:
    """Run a verb at no distance, watched: its time means nothing."""
    output = rig.folder / "strace"
    with tracing(rig.host.sshd, output):
        command = peer.command(verb)
        process = command.start()
        with Memory(process.pid) as memory:
            code = process.wait()
        rig.host.quiet()
    ended_well(command, process, code)
    return Counted(parse(output.read_text(errors="replace")), memory.peak)


def ended_well(command: Command, process: subprocess.Popen[str], code: int) -> None:
    """Raises RuntimeError, with what it has printed, unless it did."""
    process.returncode = code
    if code:
        raise RuntimeError(f"{' '.join(command.words)} ended with {code}:\n{command.printed}")
