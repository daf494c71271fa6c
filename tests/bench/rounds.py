"""In which order everything is measured: interleaved, so that a machine that is busy for a while is so for every peer."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tests.bench.measure import Sample

SLOW_EVERY = 3
FLOOR = "floor"
Value = Callable[[Sample], float | None]


class Competitor(Protocol):
    """What the order depends on: which verbs a peer has, and whether it is so slow that it runs in every third round only."""

    @property
    def verbs(self) -> tuple[str, ...]: ...
    @property
    def slow(self) -> bool: ...


Some = TypeVar("Some", bound=Competitor)


@dataclass(frozen=True)
class Run:
    """A sample, and what it is of. `distance` is the round trip in milliseconds."""

    peer: str
    verb: str
    distance: int
    round: int
    sample: Sample


def schedule(
    peers: Sequence[Some], verbs: Sequence[str], distances: Sequence[int], rounds: int
) -> Iterator[tuple[int, str, int, Some]]:
    """Round by round, each verb at each distance, one peer after the other."""
    for number in range(rounds):
        for verb in verbs:
            for distance in distances:
                for peer in peers:
                    if verb in peer.verbs and not (peer.slow and (number + 1) % SLOW_EVERY):
                        yield number, verb, distance, peer


@dataclass(frozen=True)
class Runs:
    """Runs, and what they come to."""

    runs: Sequence[Run]

    def of(self, peer: str, verb: str, distance: int | None = None) -> list[Run]:
        """Those of a peer and a verb, at one distance or at all."""
        return [run for run in self.runs if (run.peer, run.verb) == (peer, verb) and distance in (None, run.distance)]

    def median(self, value: Value, peer: str, verb: str, distance: int | None = None) -> float | None:
        """The median of a value; None where no run has it."""
        return middle(value(run.sample) for run in self.of(peer, verb, distance))

    def ratio(self, value: Value, peer: str, verb: str, distance: int) -> float | None:
        """The median of a value over the floor's in the same round; None where there is no such pair."""
        floor = {run.round: value(run.sample) for run in self.of(FLOOR, verb, distance)}
        mine = {run.round: value(run.sample) for run in self.of(peer, verb, distance)}
        return middle(over(mine[number], floor.get(number)) for number in mine)

    def round_trips(self, peer: str, verb: str) -> float | None:
        """How many round trips a verb waits for one after another: by how much it is longer for each second of distance."""
        quickest: dict[int, float] = {}
        for run in self.of(peer, verb):
            quickest[run.distance] = min(run.sample.seconds, quickest.get(run.distance, run.sample.seconds))
        return slope({distance / 1000: seconds for distance, seconds in quickest.items()})


def middle(values: Iterable[float | None]) -> float | None:
    """The median of those that there are."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def over(value: float | None, floor: float | None) -> float | None:
    """A ratio, where both are known."""
    return None if value is None or not floor else value / floor


def slope(points: Mapping[float, float]) -> float | None:
    """The slope of the line that fits best; None where there are not two points."""
    return statistics.linear_regression(list(points), list(points.values())).slope if len(points) > 1 else None
