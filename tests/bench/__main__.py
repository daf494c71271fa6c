"""Releases by this project and by its peers, side by side over a delaying link: `make bench`, as root on Debian."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence

from tasks.config.inventory import PROJECT
from tests.bench.growth import FILES, growth
from tests.bench.measure import Counted, count, measure
from tests.bench.options import GROWTH, PEERS, SCALE, Options, parse
from tests.bench.page import again, git_version, page
from tests.bench.peers.peer import Peer
from tests.bench.peers.plain_fabric import PlainFabric
from tests.bench.peers.pyinfra import Pyinfra
from tests.bench.peers.pypi import BIN
from tests.bench.rig import INSIDE, Rig, isolate, lacking, rig
from tests.bench.rounds import Run, Runs, schedule
from tests.bench.scale import scale
from tests.bench.site import Repository
from tests.support.marked import between

PAGE, MARKS = PROJECT / "docs/speed.md", ("speed", "growth", "scale")
"""The page, and the places for figures in it: those of one host, those of one with much on it, and those of many."""

INTERRUPTED, ENDED = 128 + signal.SIGINT, 128 + signal.SIGTERM


def main(words: Sequence[str]) -> int:
    """Measure, print, and write the page if everything was measured. 1 when a peer fails, 2 where this machine cannot."""
    inside = words[:1] == [INSIDE]
    options = parse(words[inside:])
    if not inside:
        if lack := "; ".join(filter(None, [lacking(), *_lacking(options)])):
            print(lack, file=sys.stderr)
            return 2
        isolate(options.words())
    for mark in MARKS:
        between(PAGE.read_text(encoding="utf-8"), "", mark)  # a page without a place for figures is found out now
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))
    try:
        written(options, measured(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (RuntimeError, AssertionError, subprocess.CalledProcessError) as error:
        report(f"given up: {error}")
        return 1
    return 0


def measured(options: Options) -> dict[str, str]:
    """All tables, as Markdown, by their place in the page."""
    os.environ["GIT_CONFIG_GLOBAL"] = os.environ["GIT_CONFIG_SYSTEM"] = os.devnull
    with rig() as made:
        text = compared(made, options) if options.verbs else ""
        much = f"{again(options)}\n\n{growth(made, report)}" if GROWTH in options.only else ""
        many = f"{again(options)}\n\n{scale(made, report)}" if SCALE in options.only else ""
        return dict(zip(MARKS, (text, much, many), strict=True))


def compared(made: Rig, options: Options) -> str:
    """The tables of verbs."""
    site = Repository.create(made.folder, "site", FILES)
    peers = [_peer(made, name, site) for name in options.running]
    round_trips = {distance: _round_trip(made, distance) for distance in options.distances}
    runs = Runs([_run(made, *turn, options) for turn in schedule(peers, options.verbs, options.distances, options.rounds)])
    counts = {} if options.quick else _counted(made, peers, options)
    versions = [git_version(), *dict.fromkeys(peer.version() for peer in peers)]
    return page(options, {peer.name: peer.title for peer in peers}, versions, round_trips, runs, counts)


def written(options: Options, texts: dict[str, str]) -> None:
    """Print them; what is whole goes into the page too."""
    for mark, text in texts.items():
        print(text)
        if options.whole if mark == MARKS[0] else text:
            PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), f"\n{text}\n", mark), encoding="utf-8")
        elif text:
            report(f"a part: those figures stay in {PAGE.relative_to(PROJECT)} as they are")


def report(line: str) -> None:
    """Progress, to stderr."""
    print(line, file=sys.stderr, flush=True)


def _peer(made: Rig, name: str, site: Repository) -> Peer:
    """A peer with a site of its own, so that each release of each fetches one commit."""
    report(f"{name}: set up")
    peer = PEERS[name](made, site.copy(f"site-{name}"))
    peer.set_up()
    peer.warm()
    peer.proven()
    return peer


def _run(made: Rig, number: int, verb: str, distance: int, peer: Peer, options: Options) -> Run:
    peer.prepare(verb)
    sample = measure(made, peer, verb, distance)
    report(f"round {number + 1} of {options.rounds}: {verb} at {distance} ms: {peer.name}: {sample.seconds:.2f} s")
    return Run(peer.name, verb, distance, number, sample)


def _counted(made: Rig, peers: Sequence[Peer], options: Options) -> dict[tuple[str, str], Counted]:
    counts = {}
    for verb in options.verbs:
        for peer in peers:
            if verb in peer.verbs:
                peer.prepare(verb)
                counts[peer.name, verb] = count(made, peer, verb)
                report(f"watched: {verb}: {peer.name}")
    return counts


def _round_trip(made: Rig, distance: int) -> float:
    made.link.set(distance)
    seconds = made.link.round_trip(made.host.port)
    made.link.set(0)
    made.host.quiet()
    return seconds


def _lacking(options: Options) -> list[str]:
    tools = {tool: package for name in options.running for tool, package in PEERS[name].tools.items()}
    packages = [package for tool, package in tools.items() if not shutil.which(tool)]
    lacking = [f"missing here: apt-get install {' '.join(packages)}"] if packages else []
    if {Pyinfra.usual_name, PlainFabric.usual_name} & {*options.running} and not BIN.exists():
        lacking.append("no environment with the peers from PyPI: `make .bench/.ready`")
    return lacking


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
