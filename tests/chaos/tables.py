"""What was tried and what held, as Markdown: a row for each step, a column for each fault."""

from collections.abc import Mapping, Sequence

from tests.chaos.cases import MOMENT, Case, Place
from tests.chaos.trying import Verdict
from tests.support.chaos_faults import SAID


def table(cases: Sequence[Case], verdicts: Mapping[str, Verdict]) -> str:
    """Of the cases that were tried: how many, and of how many that did not all hold, how many did."""
    places = list(dict.fromkeys(case.place for case in cases))
    lines = [["step", *SAID.values()], ["---", *["---:"] * len(SAID)]]
    for place in places:
        each = ([case.id for case in cases if case.place == place and case.fault == fault] for fault in SAID)
        lines.append([title(place), *(cell([verdicts[case] for case in ids if case in verdicts]) for ids in each)])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def title(place: Place) -> str:
    """Its name for a person."""
    if place == MOMENT:
        return "at moments by chance"
    return f"{place.phase}: {place.step}" if place.step != place.phase else place.step


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
        "A number is how many were tried and held,\n"
        'just before the step, in its middle and just after it; "-" was not tried.\n\n'
        f"{table(cases, verdicts)}\n"
    )
