"""Which cases there are: each fault before, in and after each step of a deploy, and at moments by chance."""

import fnmatch
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tasks.config.models import Environment
from tasks.phases import build, cutover, lock, post_release, web
from tasks.phases.step import Phase
from tests.support.chaos_faults import FAULTS, ROLLBACK
from tests.support.chaos_site import WITHIN, environment

POSITIONS = ("before", "middle", "after")
NOT_OF_ROLLBACK = ("build", "migrate", "in-use", "prune")
MORE = ("gone", "asleep", "startup", "full-rollback", "inodes-rollback")
"""Faults of which CI tries two besides its sample of the others: most take a minute each."""


@dataclass(frozen=True, order=True)
class Place:
    """A step of a deploy; the lock, and a phase that has no steps, is one itself."""

    phase: str
    step: str

    def __str__(self) -> str:
        return f"{self.phase}/{self.step}"


MOMENT = Place("any", "moment")
"""Wherever a deploy may be just then: within git, php or a program of ours, before the first step or after the last."""


@dataclass(frozen=True)
class Case:
    """A fault at a position of a place, `name` being short for the place."""

    fault: str
    place: Place
    name: str
    position: str

    @property
    def id(self) -> str:
        """FAULT-STEP-POSITION."""
        return f"{self.fault}-{self.name}-{self.position}"

    def command(self, seed: str, commands: int) -> int:
        """Before the how manieth command of the step its middle is, when it has so many; 0: within a command of hosts.yml."""
        dice = self.dice(seed)
        return 0 if str(self.place) in WITHIN and dice.random() < 0.5 else dice.randint(1, max(1, commands))

    def dice(self, seed: str) -> random.Random:
        """What the case leaves to chance."""
        return random.Random(f"{seed} {self.id}")  # noqa: S311


def phases(site: Environment) -> tuple[Phase, ...]:
    """What a deploy that goes well sends to a host, in order."""
    return (
        post_release.try_services(site),
        lock.lock("build", web.reached(site)),
        build.build(site),
        cutover.migrate(site),
        cutover.cutover("forward", site),
        post_release.post_release(site),
        cutover.finish("ok"),
        cutover.in_use(),
        cutover.prune(site),
    )


@cache
def places() -> tuple[Place, ...]:
    """The steps of a deploy of the site that faults befall, in order."""
    with tempfile.TemporaryDirectory() as folder:
        site = environment(Path(folder))
    return tuple(Place(phase.name, name) for phase in phases(site) for name in _steps(phase))


def _steps(phase: Phase) -> list[str]:
    """Taking the lock is a step of its own, after those that are asked first."""
    names = [step.name for step in phase.steps]
    return names if names and phase.kind != "lock" else [*names, phase.name]


@cache
def every_case() -> tuple[Case, ...]:
    """All of them, step after step."""
    names = dict(zip(places(), short(places()), strict=True))
    return tuple(
        Case(fault, place, name, position)
        for place, name in names.items()
        for position in POSITIONS
        for fault in FAULTS
        if possible(fault, place, position)
    )


def moments(count: int) -> list[Case]:
    """So many cases at moments by chance, faults in turn. A command that hangs is none: it is not by chance where it does."""
    faults = [fault for fault in FAULTS if fault != "hang"]
    return [Case(faults[number % len(faults)], MOMENT, "moment", str(number)) for number in range(count)]


def possible(fault: str, place: Place, position: str) -> bool:
    """Once the lock is taken its program runs no command that could hang; a rollback has the steps of some phases only."""
    if FAULTS[fault].words == ROLLBACK and place.phase in NOT_OF_ROLLBACK:
        return False
    return (fault, place.step, position) != ("hang", "lock", "after")


def short(found: Sequence[Place]) -> Iterator[str]:
    """A name for each: that of its step, with the phase where two steps have the same."""
    times = Counter(slug(place.step) for place in found)
    for place in found:
        yield slug(place.step) if times[slug(place.step)] == 1 else slug(str(place))


def slug(text: str) -> str:
    """Letters, digits and hyphens."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-")


def chosen(patterns: Sequence[str], chance: int = 0) -> list[Case]:
    """The cases that one of the patterns FAULT:STEP:POSITION means, parts of which may be left out, or have a *.

    Besides every case there are so many at moments by `chance`: FAULT:moment:NUMBER.
    """
    wanted = [[*pattern.split(":"), "*", "*"][:3] for pattern in patterns] or [["*"] * 3]
    return [
        case
        for case in (*every_case(), *moments(chance))
        if any(
            all(fnmatch.fnmatchcase(part, pattern or "*") for part, pattern in zip(parts(case), each, strict=True))
            for each in wanted
        )
    ]


def parts(case: Case) -> tuple[str, str, str]:
    """As a pattern has them."""
    return case.fault, case.name, case.position


def sample(seed: str, size: int, faults: Sequence[str] = ()) -> list[Case]:
    """So many cases by chance, faults in turn, so that each has its share; those that are not of MORE when none are named."""
    dice = random.Random(seed)  # noqa: S311
    chosen_faults = list(faults) or [fault for fault in FAULTS if fault not in MORE]
    dice.shuffle(chosen_faults)
    piles = {fault: [case for case in every_case() if case.fault == fault] for fault in chosen_faults}
    for pile in piles.values():
        dice.shuffle(pile)
    turns = [case for turn in zip(*piles.values(), strict=False) for case in turn]
    return turns[:size]
