"""Every fault on each of three hosts in each phase of a deploy, and races for the lock: `make chaos FLEET=1`, as anybody."""

import argparse
import math
import os
import random
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.chaos.__main__ import PAGE, said
from tests.chaos.attempt import Verdict
from tests.chaos.fleet_cases import RACE, Case, chosen, every_case
from tests.chaos.fleet_racing import Race
from tests.chaos.fleet_tables import report, table
from tests.chaos.fleet_trying import Trial
from tests.chaos.running import Journal
from tests.support.booted_image import cache
from tests.support.fleet_ground import Ground
from tests.support.marked import between

MARK = "fleet"


def main() -> int:
    """Try them. 1 when something did not hold, 2 where no case is meant."""
    words = argparse.ArgumentParser(prog="make chaos FLEET=1", description=__doc__)
    words.add_argument("--only", default="", help="FAULT:PHASE:HOST, with * and left out parts, several with blanks between")
    words.add_argument("--seed", default="", help="that of a run which was ended: it goes on with what has not held yet")
    words.add_argument("--moments", type=int, default=500, help="how many cases at moments by chance there are besides")
    words.add_argument("--minutes", type=float, default=math.inf, help="after these no further case begins")
    chosen_words = words.parse_args()
    seed = chosen_words.seed or secrets.token_hex(4)
    cases = chosen(chosen_words.only.split(), chosen_words.moments)
    if not cases:
        print(f"no case is {chosen_words.only!r}: see tests/chaos/fleet_cases.py", file=sys.stderr)
        return 2
    os.environ["GIT_CONFIG_GLOBAL"] = os.environ["GIT_CONFIG_SYSTEM"] = os.devnull
    journal = Journal(cache() / f"chaos-fleet-{seed}.jsonl")
    left = [case for case in cases if not journal.holds(case.id)]
    random.Random(seed).shuffle(left)  # noqa: S311
    print(f"{len(left)} of {len(cases)} cases, seed {seed}; {journal.file}", flush=True)
    for number, verdict in enumerate(tried(left, seed, chosen_words.minutes * 60), 1):
        journal.add(verdict)
        print(f"{number}/{len(left)} {said(verdict)}", flush=True)
    return shown(cases, seed, journal)


def tried(cases: list[Case], seed: str, seconds: float) -> Iterator[Verdict]:
    """One after the other, on fresh hosts after one that broke them."""
    ends, left = time.monotonic() + seconds, list(cases)
    while left and time.monotonic() < ends:
        with tempfile.TemporaryDirectory() as folder, Ground(Path(folder)) as ground:
            while left and time.monotonic() < ends:
                yield (verdict := trial(ground, left.pop(), seed)())
                if verdict.broken:
                    break


def trial(ground: Ground, case: Case, seed: str) -> Callable[[], Verdict]:
    """What tries a case."""
    return (Race if case.fault == RACE else Trial)(ground, case, seed).run


def shown(cases: list[Case], seed: str, journal: Journal) -> int:
    """The table; into docs/chaos.md too when it is of every case."""
    print(f"\n{table(cases, journal.verdicts)}")
    broken = [case for case in cases if case.id in journal.verdicts and not journal.holds(case.id)]
    for case in broken:
        print(f"broken: make chaos FLEET=1 ONLY='{case.fault}:{case.phase}:{case.host + 1}' SEED={seed}")
    if set(cases) >= set(every_case()):
        text = between(PAGE.read_text(encoding="utf-8"), report(cases, journal.verdicts, seed), MARK)
        PAGE.write_text(text, encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
