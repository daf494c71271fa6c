"""What a release of this project takes where there is much already: releases, history, files, apps."""

import json
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.bench.measure import measure
from tests.bench.peers.floor import Floor
from tests.bench.peers.ours import Ours
from tests.bench.peers.peer import KEEP, RELEASE, Peer
from tests.bench.rig import RELEASE_USER, Rig
from tests.bench.site import Repository
from tests.bench.table import markdown, shown

FILES, MANY_FILES, SMALL = 2_000, 100_000, 200  # how many, and the size in bytes of each of the many
APPS = 20
TIMES = 3
BASE = "10 releases"
# Copies of a real release, as the host would have them: a seal, and its lines of history. NAME is replaced wherever it stands.
COPIES = """
import datetime, pathlib, sys
releases, history, link, made, recorded = sys.argv[1:]
releases, history = pathlib.Path(releases), pathlib.Path(history)
name = min(path.name for path in releases.iterdir())
seal = (releases / name / "release.json").read_text()
lines = history.read_text()
own = [line for line in lines.splitlines(True) if name in line]
first, written = datetime.datetime(2020, 1, 1), []
for number in range(max(int(made), int(recorded))):
    copy = f"{link}-{first + datetime.timedelta(minutes=number):%Y%m%dT%H%M%SZ}"
    if number < int(made):
        (releases / copy).mkdir()
        (releases / copy / "release.json").write_text(seal.replace(name, copy))
    written += [line.replace(name, copy) for line in own]
with history.open("r+") as file:
    file.write("".join(written) + lines)
"""


@dataclass(frozen=True)
class Case:
    """Something that there is much of, the peer that releases there, and the case that it is compared with."""

    title: str
    peer: Peer
    beside: str


def growth(rig: Rig, report: Callable[[str], None]) -> str:
    """Make all cases, then measure them one after the other, some times. Returns the table."""
    cases = []
    for case in _cases(rig):
        report(f"growth: {case.title}, set up")
        cases.append(case)
    seconds: dict[str, list[float]] = {case.title: [] for case in cases}
    for number in range(TIMES):
        for case in cases:
            case.peer.prepare(RELEASE)
            seconds[case.title].append(measure(rig, case.peer, RELEASE, 0).seconds)
            report(f"growth, round {number + 1}: {case.title}: {seconds[case.title][-1]:.2f} s")
    return table({case.title: case.beside for case in cases}, seconds)


def table(beside: dict[str, str], seconds: dict[str, list[float]]) -> str:
    """Each case, and how many times as long it takes as the one beside it, in the same round."""
    rows = []
    for title, other in beside.items():
        ratio = statistics.median(mine / its for mine, its in zip(seconds[title], seconds[other], strict=True))
        rows.append([title, shown(statistics.median(seconds[title])), f"{ratio:.2f}", other])
    return markdown(["`release` at 0 ms", "s", "x", "of"], rows)


def _cases(rig: Rig) -> Iterator[Case]:
    small = Repository.create(rig.folder, "small", FILES)
    for title, releases, recorded in (
        (BASE, 10, 0),
        ("500 releases", 500, 0),
        ("5,000 releases", 5_000, 0),
        ("10 releases, and the history of 5,000 more", 10, 5_000),
    ):
        name = f"grown-{releases}-{recorded}"
        peer = Ours(rig, small, name, keep_releases=releases + 10 * KEEP)
        _set_up(peer)
        _grow(peer, name, releases - 2, recorded)
        yield Case(title, peer, BASE)
    apps = {f"app{number}": {"path": f"src/{number}", "bootstrap": ["true"]} for number in range(APPS)}
    yield Case(f"{APPS} apps", _set_up(Ours(rig, small, "grown-apps", apps=apps)), BASE)
    many = Repository.create(rig.folder, "many", MANY_FILES, SMALL)
    floor = Floor(rig, many, "floor-many")
    yield Case("100,000 files, the floor", _set_up(floor), "100,000 files, the floor")
    yield Case("100,000 files", _set_up(Ours(rig, many, "grown-files")), "100,000 files, the floor")


def _set_up(peer: Peer) -> Peer:
    peer.set_up()
    peer.warm(2)
    return peer


def _grow(peer: Ours, name: str, releases: int, recorded: int) -> None:
    """Add releases, and so many that are in history alone, before those that there are."""
    home = f"/home/{RELEASE_USER}"
    peer.rig.host.write("/tmp/copies.py", COPIES)  # noqa: S108
    places = f"{home}/{name}-releases {home}/{name}-builds/{name}/history"
    peer.rig.host.sh(f"python3 /tmp/copies.py {places} {name} {releases} {recorded}", RELEASE_USER)
    known = len(json.loads(peer.fab("status", "--json").output())["hosts"][0]["releases"])
    if known < releases:
        raise RuntimeError(f"of {releases} releases, the host reports {known}")
