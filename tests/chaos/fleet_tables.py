"""What was tried on three hosts and what held, as Markdown: a row for each fault, a column for each phase."""

import datetime
from collections.abc import Mapping, Sequence

from tests.chaos.attempt import Verdict
from tests.chaos.fleet_cases import FAILS, MOMENT, PHASES, RACE, RACES, SAID, Case
from tests.chaos.tables import cell

COLUMNS = (*dict.fromkeys((*PHASES, *FAILS, MOMENT)),)


def table(cases: Sequence[Case], verdicts: Mapping[str, Verdict]) -> str:
    """Of the cases that were tried: how many, and of how many that did not all hold, how many did."""
    lines = [["fault", *COLUMNS], ["---", *["---:"] * len(COLUMNS)]]
    for fault, words in SAID.items():
        own = [case for case in cases if case.fault == fault and case.id in verdicts]
        lines.append([words, *(cell([verdicts[case.id] for case in own if case.phase == phase]) for phase in COLUMNS)])
    races = [
        [kind, cell([verdicts[case.id] for case in cases if (case.fault, case.phase) == (RACE, kind) and case.id in verdicts])]
        for kind in RACES
    ]
    lines += [[]]
    return "".join(
        f"| {' | '.join(cells)} |\n" if cells else "\n" for cells in (*lines, ["two at once", "races"], ["---", "---:"], *races)
    )


def report(cases: Sequence[Case], verdicts: Mapping[str, Verdict], seed: str) -> str:
    """The table, and how it came to be."""
    tried = [verdicts[case.id] for case in cases if case.id in verdicts]
    held = sum(not verdict.broken for verdict in tried)
    date = datetime.datetime.now(tz=datetime.UTC).date()
    return (
        f"\nTried by `make chaos FLEET=1` on {date}, with seed {seed}: {len(tried):,} of {len(cases):,} cases, "
        f"of which {held:,} held.\n\n{table(cases, verdicts)}\n"
    )
