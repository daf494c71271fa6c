"""Every fault at every step of a deploy, and the table of it in docs/chaos.md: `make chaos`, as root."""

import argparse
import datetime
import math
import os
import random
import secrets
import sys
import tempfile
from pathlib import Path

from tasks.config.inventory import PROJECT
from tests.chaos.attempt import Verdict
from tests.chaos.cases import Case, chosen, every_case
from tests.chaos.running import Crew, Journal
from tests.chaos.tables import report, table
from tests.support.booted import missing
from tests.support.booted_image import cache
from tests.support.marked import between

PAGE, MARK = PROJECT / "docs" / "chaos.md", "chaos"


def main() -> int:
    """Try them. 1 when something did not hold, 2 where this machine cannot."""
    words = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    words.add_argument("--only", default="", help="FAULT:STEP:POSITION, with * and left out parts, several with blanks between")
    words.add_argument("--seed", default="", help="that of a run which was ended: it goes on with what has not held yet")
    words.add_argument("--moments", type=int, default=100, help="how many cases at moments by chance there are besides")
    words.add_argument("--hosts", type=int, default=3, help="how many stand side by side")
    words.add_argument("--minutes", type=float, default=math.inf, help="after these no further case begins")
    chosen_words = words.parse_args()
    seed = chosen_words.seed or secrets.token_hex(4)
    cases = chosen(chosen_words.only.split(), chosen_words.moments)
    if lack := missing() or ("" if cases else f"no case is {chosen_words.only!r}: see tests/chaos/cases.py"):
        print(lack, file=sys.stderr)
        return 2
    os.environ["GIT_CONFIG_GLOBAL"] = os.environ["GIT_CONFIG_SYSTEM"] = os.devnull
    journal = Journal(cache() / f"chaos-{seed}.jsonl")
    tried(cases, seed, chosen_words.hosts, journal, chosen_words.minutes * 60)
    return shown(cases, seed, journal)


def tried(cases: list[Case], seed: str, hosts: int, journal: Journal, seconds: float) -> None:
    """Those that have not held yet, shuffled; progress is printed, and each that breaks as a whole."""
    left = [case for case in cases if not journal.holds(case.id)]
    random.Random(seed).shuffle(left)  # noqa: S311
    print(f"{len(left)} of {len(cases)} cases, seed {seed}, {hosts} hosts; {journal.file}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for number, verdict in enumerate(Crew(left, seed, Path(folder), seconds).run(min(hosts, len(left))), 1):
            journal.add(verdict)
            print(f"{number}/{len(left)} {said(verdict)}", flush=True)


def said(verdict: Verdict) -> str:
    """One line when it held; when not, what did not, and how to try it again."""
    if not verdict.broken:
        return f"{verdict.case} held ({verdict.seconds:.0f} s)"
    return f"BROKEN {verdict}"


def shown(cases: list[Case], seed: str, journal: Journal) -> int:
    """The table; into docs/chaos.md too when it is of every case."""
    print(f"\n{table(cases, journal.verdicts)}")
    broken = [case for case in cases if case.id in journal.verdicts and not journal.holds(case.id)]
    for case in broken:
        print(f"broken: make chaos ONLY='{case.fault}:{case.name}:{case.position}' SEED={seed}")
    if set(cases) >= set(every_case()):
        today = str(datetime.datetime.now(tz=datetime.UTC).date())
        text = between(PAGE.read_text(encoding="utf-8"), report(cases, journal.verdicts, today, seed), MARK)
        PAGE.write_text(text, encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
