"""What can be chosen of the benchmark, on its command line."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.peers.capistrano import Capistrano
from tests.bench.peers.floor import Floor
from tests.bench.peers.mina import Mina
from tests.bench.peers.ours import Ours
from tests.bench.peers.peer import VERBS, Peer
from tests.bench.peers.plain_fabric import PlainFabric
from tests.bench.peers.pyinfra import Pyinfra
from tests.bench.rounds import FLOOR, SLOW_EVERY

PEERS: dict[str, type[Peer]] = {peer.usual_name: peer for peer in (Floor, Mina, PlainFabric, Pyinfra, Capistrano, Ours)}
GROWTH, SCALE = "growth", "scale"
PARTS = (*VERBS, GROWTH, SCALE)
DISTANCES = (0, 50, 150)
ROUNDS = 6


@dataclass(frozen=True)
class Options:
    """How often, at which round trips in milliseconds, which verbs (and growth, and scale), and which peers."""

    rounds: int = ROUNDS
    distances: tuple[int, ...] = DISTANCES
    only: tuple[str, ...] = PARTS
    peers: tuple[str, ...] = tuple(PEERS)

    @property
    def verbs(self) -> tuple[str, ...]:
        """The verbs that are measured."""
        return tuple(verb for verb in VERBS if verb in self.only)

    @property
    def quick(self) -> bool:
        """Is it a quick look, without slow peers and without the run that strace slows down?"""
        return self.rounds < SLOW_EVERY

    @property
    def running(self) -> tuple[str, ...]:
        """The peers that get a turn in so many rounds: the floor always, slow ones only where there are enough of them."""
        named = dict.fromkeys((FLOOR, *self.peers))
        return tuple(name for name in named if not (self.quick and PEERS[name].slow))

    @property
    def whole(self) -> bool:
        """Is everything measured of one host, so that its figures may be written? Those of many have a place of their own."""
        of_one = set(PARTS) - {SCALE}
        return set(self.only) >= of_one and set(self.running) == set(PEERS) and set(self.distances) >= set(DISTANCES)

    def words(self) -> list[str]:
        """These options, as a command line."""
        lists = {"--distances": map(str, self.distances), "--only": self.only, "--peers": self.peers}
        return ["--rounds", str(self.rounds), *(word for name, values in lists.items() for word in (name, ",".join(values)))]


def parse(words: Sequence[str]) -> Options:
    """Options from a command line; an empty one is the usual one. Exits with 2 and what may stand there."""
    parser = argparse.ArgumentParser(prog="make bench", description="Releases side by side, over a delaying link.")
    parser.add_argument("--rounds", type=_rounds, default=str(ROUNDS), metavar="ROUNDS=N")
    parser.add_argument("--distances", type=_distances, default="", metavar="DISTANCES=MS,MS")
    parser.add_argument("--only", type=_some_of(PARTS), default="", metavar="ONLY=" + ",".join(PARTS))
    parser.add_argument("--peers", type=_some_of(tuple(PEERS)), default="", metavar="PEERS=" + ",".join(PEERS))
    chosen = parser.parse_args(words)
    return Options(chosen.rounds, chosen.distances, chosen.only, chosen.peers)


def _rounds(text: str) -> int:
    number = int(text or ROUNDS)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return number


def _distances(text: str) -> tuple[int, ...]:
    distances = tuple(int(word) for word in text.split(",")) if text else DISTANCES
    if min(distances) < 0 or len(set(distances)) < len(distances):
        raise argparse.ArgumentTypeError("round trips in milliseconds, each once")
    return distances


def _some_of(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    """Read a list of names, in the order in which they are known."""

    def read(text: str) -> tuple[str, ...]:
        words = text.split(",") if text else known
        if unknown := set(words) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: not one of {', '.join(known)}")
        return tuple(word for word in known if word in words)

    return read
