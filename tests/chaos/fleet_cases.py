"""Which cases there are of three hosts: each fault in each phase on each of them, and at moments by chance."""

import fnmatch
import random
from collections.abc import Sequence
from dataclasses import dataclass

PHASES = ("build", "migrate", "stage", "cutover", "post-release")
FAULTS = {
    "cut": "the link to the host is cut",
    "gone": "the link to the host is cut for good",
    "kill-fab": "SIGKILL for fab",
    "kill-host": "SIGKILL for the host's programs that serve the workstation",
    "ctrl-c": "Ctrl-C",
}
FAILS = ("build", "publish", "verify", "migrate", "stage", "cutover", "post-release", "health")
"""What is made to fail; a phase that has no command of its own gets an error of the disk."""

FAIL, MOMENT = "fail", "moment"
SAID = {**FAULTS, FAIL: "a command, the disk or the site's health fails"}
RACE = "race"
RACES = ("deploy+deploy", "deploy+rollback", "rollback+rollback")
"""Which verbs two workstations type at once."""

HOSTS = (0, 1, 2)
BATCHES = (None, 1, 2)


@dataclass(frozen=True, order=True)
class Case:
    """A fault in a phase of a deploy, on one of three hosts; of a moment by chance, `host` is its number."""

    fault: str
    phase: str
    host: int

    @property
    def id(self) -> str:
        """FAULT-PHASE-HOST."""
        return f"{self.fault}-{self.phase}-{self.host + 1}"

    def dice(self, seed: str) -> random.Random:
        """What the case leaves to chance."""
        return random.Random(f"{seed} {self.id}")  # noqa: S311


def every_case() -> list[Case]:
    """All of them. Migrations run on the first host alone."""
    faults = [Case(fault, phase, host) for phase in PHASES for fault in FAULTS for host in HOSTS]
    return [*faults, *(Case(FAIL, what, host) for what in FAILS for host in (HOSTS[:1] if what == "migrate" else HOSTS))]


def moments(count: int) -> list[Case]:
    """So many at moments by chance, faults in turn."""
    faults = list(FAULTS)
    return [Case(faults[number % len(faults)], MOMENT, number) for number in range(count)]


def races(count: int) -> list[Case]:
    """So many, the pairs of verbs in turn."""
    return [Case(RACE, RACES[number % len(RACES)], number) for number in range(count)]


def sample(seed: str, size: int) -> list[Case]:
    """So many cases by chance, such that phases, faults and hosts each come as often as the others."""
    dice = random.Random(seed)  # noqa: S311
    left, taken = every_case(), list[Case]()
    dice.shuffle(left)
    while left and len(taken) < size:
        seldom = min(left, key=lambda case: _seen(case, taken))
        left.remove(seldom)
        taken.append(seldom)
    return taken


def chosen(patterns: Sequence[str], chance: int = 0, raced: int = 50) -> list[Case]:
    """The cases that one of the patterns FAULT:PHASE:HOST means, parts of which may be left out, or have a *."""
    wanted = [[*pattern.split(":"), "*", "*"][:3] for pattern in patterns] or [["*"] * 3]
    return [
        case
        for case in (*every_case(), *moments(chance), *races(raced))
        if any(all(map(fnmatch.fnmatchcase, (case.fault, case.phase, str(case.host + 1)), each)) for each in wanted)
    ]


def allowed(case: Case) -> set[int]:
    """The exit codes that fab may end with."""
    if case.fault in ("kill-fab", "ctrl-c"):
        return ({0} if case.phase == MOMENT else set()) | ({-9} if case.fault == "kill-fab" else {130})
    if case.phase == MOMENT:
        return {0, 3, 4, 5, 6, 7, 8}
    if case.fault == FAIL:
        return {"cutover": {3, 5}, "post-release": {5}, "health": {5}}.get(case.phase, {3})
    if case.fault == "gone":
        return {"cutover": {8}, "post-release": {4}}.get(case.phase, {7})
    return {0, 3, 5} if case.fault == "kill-host" and case.phase == "cutover" else {0}


def _seen(case: Case, taken: Sequence[Case]) -> int:
    return sum((case.fault == each.fault) + (case.phase == each.phase) + (case.host == each.host) for each in taken)
