"""What a release takes on many hosts at once, beside as many `ssh host bash -s` at once; and on 64 embedded hosts."""

import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tasks.config.inventory import PROJECT
from tasks.sandbox import world
from tests.bench.growth import FILES
from tests.bench.measure import ended_well
from tests.bench.peers.floor import Floor
from tests.bench.peers.ours import Ours
from tests.bench.peers.peer import RELEASE, Command, Peer
from tests.bench.rig import Rig
from tests.bench.site import Repository
from tests.bench.table import markdown, shown
from tests.support.fleet import Fleet
from tests.support.processes import Memory, cpu_of

SIZES, DISTANCE, TIMES = (1, 4, 16), 50, 3
EMBEDDED = 64


@dataclass(frozen=True)
class Figures:
    """Seconds from the start to the end, and CPU seconds of the workstation and of all hosts."""

    seconds: float
    here: float
    there: float


class FloorOnAll(Floor):
    """The floor's script on every host, all at once."""

    def __init__(self, rigs: Sequence[Rig], repository: Repository, name: str) -> None:
        super().__init__(rigs[0], repository, name)
        self.rigs = rigs

    def command(self, verb: str) -> Command:
        """A shell that starts one ssh for each host, and fails when one of them does."""
        each = []
        for number, rig in enumerate(self.rigs):
            self.rig = rig
            one = super().command(verb)
            (self.folder / f"script-{number}").write_text(one.stdin)
            each.append(f"{shlex.join(one.words)} <script-{number} & started+=($!)")
        self.rig = self.rigs[0]
        script = "\n".join([*each, "for one in ${started[@]}; do wait $one || exit; done"])
        return Command(("bash", "-c", script), "", one.environment, self.folder)


class OursOnAll(Ours):
    """One environment of all the hosts."""

    def __init__(self, rigs: Sequence[Rig], repository: Repository, name: str) -> None:
        known = rigs[0].folder / f"known-{name}"
        known.write_text("".join(rig.host.known_hosts_file.read_text() for rig in rigs))
        hosts = [{"host": rig.host.address, "port": rig.host.port} for rig in rigs]
        super().__init__(rigs[0], repository, name, address=hosts, known_hosts_file=str(known))
        self.rigs = rigs


def scale(first: Rig, report: Callable[[str], None]) -> str:
    """The tables."""
    with _rigs(first, max(SIZES)) as rigs:
        pairs = {size: _peers(rigs[:size], report) for size in SIZES}
        runs: dict[tuple[int, str], list[Figures]] = {}
        for number in range(TIMES):
            for size, peers in pairs.items():
                for peer in peers:
                    peer.prepare(RELEASE)
                    found = _measured(peer)
                    runs.setdefault((size, peer.usual_name), []).append(found)
                    report(f"scale, round {number + 1}: {size} hosts: {peer.usual_name}: {found.seconds:.2f} s")
        watched = {size: _watched(ours) for size, (_, ours) in pairs.items()}
    return f"{table(runs, watched)}\n{picture(runs)}\n{_embedded(first, report)}"


def table(runs: dict[tuple[int, str], list[Figures]], watched: dict[int, Memory]) -> str:
    """A row for each number of hosts; ratios are those of one round."""
    rows = []
    for size, memory in watched.items():
        floor, ours = runs[size, Floor.usual_name], runs[size, Ours.usual_name]
        seconds = [statistics.median(each.seconds for each in of) for of in (floor, ours)]
        ratio = statistics.median(mine.seconds / its.seconds for mine, its in zip(ours, floor, strict=True))
        cpu = [statistics.median(value) for of in (floor, ours) for value in ([e.here for e in of], [e.there for e in of])]
        rows.append(
            [
                str(size),
                *map(shown, seconds),
                shown(ratio),
                f"{cpu[0]:.2f} / {cpu[1]:.2f}",
                f"{cpu[2]:.2f} / {cpu[3]:.2f}",
                shown(memory.peak, 0),
                str(memory.threads),
            ]
        )
    header = [f"hosts, `release` at {DISTANCE} ms", "floor: `ssh host bash -s` on all at once, s", "this project, s", "x"]
    return markdown([*header, "CPU s of the floor, workstation / hosts", "CPU s, likewise", "MiB", "threads"], rows)


def picture(runs: dict[tuple[int, str], list[Figures]]) -> str:
    """The seconds of the table, drawn."""

    def line(name: str) -> str:
        return ", ".join(shown(statistics.median(each.seconds for each in runs[size, name])) for size in sizes)

    sizes = sorted({size for size, _ in runs})
    return "\n".join(
        [
            "```mermaid",
            "xychart-beta",
            f'    title "release at {DISTANCE} ms, seconds: bars ssh on all at once, line this project"',
            f"    x-axis hosts [{', '.join(map(str, sizes))}]",
            f"    bar [{line(Floor.usual_name)}]",
            f"    line [{line(Ours.usual_name)}]",
            "```",
            "",
        ]
    )


@contextmanager
def _rigs(first: Rig, count: int) -> Iterator[list[Rig]]:
    """The first one, and others that have its key."""
    with ExitStack() as end:
        others = [Rig(first.folder / f"more-{number}", number) for number in range(1, count)]
        for rig in others:
            end.callback(rig.stop)
            rig.start(first.key)
        yield [first, *others]


def _peers(rigs: Sequence[Rig], report: Callable[[str], None]) -> tuple[Peer, Peer]:
    made: list[Peer] = []
    site = Repository.create(rigs[0].folder, f"scale-{len(rigs)}", FILES)
    for kind in (FloorOnAll, OursOnAll):
        name = f"{kind.usual_name}-on-{len(rigs)}"
        own = site.copy(name)
        for rig in rigs[1:]:
            own.be_on(rig.folder)
        report(f"scale: {name}: set up")
        peer = kind(rigs, own, name)
        peer.set_up()
        peer.warm(2)
        made.append(peer)
    return made[0], made[1]


def _measured(peer: Peer) -> Figures:
    command = peer.command(RELEASE)
    for rig in peer.rigs:
        rig.link.set(DISTANCE)
    before = sum(cpu_of(rig.host.init) for rig in peer.rigs)
    start = time.monotonic()
    process = command.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    ended_well(command, process, os.waitstatus_to_exitcode(status))
    for rig in peer.rigs:
        rig.host.quiet()
        rig.link.set(0)
    there = sum(cpu_of(rig.host.init) for rig in peer.rigs) - before
    return Figures(seconds, usage.ru_utime + usage.ru_stime, there)


def _watched(peer: Peer) -> Memory:
    """Memory and threads of one run more, whose time means nothing."""
    peer.prepare(RELEASE)
    command = peer.command(RELEASE)
    process = command.start()
    with Memory(process.pid) as memory:
        ended_well(command, process, process.wait())
    for rig in peer.rigs:
        rig.host.quiet()
    return memory


def _embedded(rig: Rig, report: Callable[[str], None]) -> str:
    """Deploys on 64 hosts of `fab sandbox.start`, and on parts of them: what the workstation takes."""
    report(f"scale: {EMBEDDED} embedded hosts: started")
    folder, rows = rig.folder / "embedded", []
    folder.mkdir()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    places = [(folder / str(number), f"127.0.0.{number}") for number in range(1, EMBEDDED + 1)]
    try:
        with ThreadPoolExecutor(os.cpu_count()) as starting:
            hosts = list(starting.map(lambda place: world.start(*place), places))
        for size in (1, EMBEDDED // 4, EMBEDDED):
            fleet = Fleet(hosts[:size], folder, live_link=f"scale-{size}", services=[{"run": "true"}])
            fleet.fab("setup")
            cpu, memory = _deploy(fleet)
            report(f"scale: {size} embedded hosts: {cpu:.1f} s of CPU, {memory.threads} threads")
            rows.append([str(size), shown(cpu), shown(cpu / size, 3), shown(memory.peak, 0), str(memory.threads)])
    finally:
        for place, _ in places:
            world.stop(place)
    return markdown(["embedded hosts, `deploy`", "CPU s of the workstation", "for each host", "MiB", "threads"], rows)


def _deploy(fleet: Fleet) -> tuple[float, Memory]:
    """CPU seconds, memory and threads of a process of its own, started as a person starts it."""
    words = [sys.executable, "-m", "fabric", "-H", "sandbox", "deploy", "--ref", "master"]
    with (fleet.workstation / "printed").open("w+") as printed:
        process = subprocess.Popen(words, env=fleet.environment(), cwd=PROJECT, stdout=printed, stderr=printed)
        with Memory(process.pid) as memory:
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            printed.seek(0)
            raise RuntimeError(f"a deploy on embedded hosts ended with {process.returncode}:\n{printed.read()}")
    return usage.ru_utime + usage.ru_stime, memory
