"""What was tried and what held, as Markdown: a row for each fault, a column for each phase."""

from collections.abc import Mapping, Sequence

from tests.chaos.attempt import Verdict
from tests.chaos.cases import MOMENT, Case, places
from tests.support.chaos_faults import FAULTS


def table(cases: Sequence[Case], verdicts: Mapping[str, Verdict]) -> str:
    """Of the cases that were tried: how many, and of how many that did not all hold, how many did."""
    phases = {place.phase: place.phase for place in places()} | {MOMENT.phase: "by chance"}
    lines = [["fault", *phases.values()], ["---", *["---:"] * len(phases)]]
    for name, fault in FAULTS.items():
        own = [case for case in cases if case.fault == name and case.id in verdicts]
        each = ([verdicts[case.id] for case in own if case.place.phase == phase] for phase in phases)
        lines.append([fault.said, *map(cell, each)])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def cell(verdicts: Sequence[Verdict]) -> str:
    """How many were tried, when all of them held."""
    held = sum(not verdict.broken for verdict in verdicts)
    if not verdicts:
        return "-"
    return str(held) if held == len(verdicts) else f"**{held} of {len(verdicts)}**"


def report(cases: Sequence[Case], verdicts: Mapping[str, Verdict], date: str, seed: str) -> str:
    """The table, and how it came to be."""
    tried = [verdicts[case.id] for case in cases if case.id in verdicts]
    held = sum(not verdict.broken for verdict in tried)
    return (
        f"\nTried by `make chaos` on {date}, with seed {seed}: {len(tried):,} of {len(cases):,} cases, of which {held:,} held. "
        'A number is how many were\ntried and held, in all steps of a phase; "-" was not tried.\n\n'
        f"{table(cases, verdicts)}\n"
    )
