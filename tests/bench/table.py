"""What was measured, as Markdown: one table for a verb, a row for a peer."""

from collections.abc import Mapping, Sequence

from tests.bench.measure import Counted, Sample
from tests.bench.rounds import Runs, Value

LAST = (
    "round trips",
    "connections / sessions",
    "CPU s, workstation / host",
    "MiB",
    "KB up / down",
    "programs (Python)",
    "flushes",
)
NONE = "-"
KB = 1000  # bytes


def table(verb: str, peers: Mapping[str, str], distances: Sequence[int], runs: Runs, counts: Mapping[str, Counted]) -> str:
    """The table of a verb. `peers` has the title of each name, in order; `counts` what a watched run of each came to."""
    header = [verb, *(title for distance in distances for title in (f"{distance} ms: whole / seen", "x whole / seen")), *LAST]
    rows = [_row(name, title, verb, distances, runs, counts.get(name)) for name, title in peers.items() if runs.of(name, verb)]
    return markdown(header, rows)


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table, its first column to the left and the others to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def shown(value: float | None, digits: int = 2) -> str:
    """A number, or that there is none."""
    return NONE if value is None else f"{value:,.{digits}f}"


def pair(first: float | None, second: float | None, digits: int = 2) -> str:
    """Two numbers; the first alone where there is no second."""
    return shown(first, digits) if second is None else f"{shown(first, digits)} / {shown(second, digits)}"


def whole(sample: Sample) -> float:
    """Until the program has ended."""
    return sample.seconds


def seen(sample: Sample) -> float | None:
    """Until the live link has moved."""
    return sample.seen


def _row(name: str, title: str, verb: str, distances: Sequence[int], runs: Runs, counted: Counted | None) -> list[str]:
    def middle(value: Value) -> float | None:
        return runs.median(value, name, verb)

    cells = [title]
    for distance in distances:
        for figure in (runs.median, runs.ratio):
            cells.append(pair(figure(whole, name, verb, distance), figure(seen, name, verb, distance)))
    return [
        *cells,
        shown(runs.round_trips(name, verb), 1),
        pair(middle(lambda sample: sample.connections), middle(lambda sample: sample.sessions), 0),
        pair(middle(lambda sample: sample.cpu_workstation), middle(lambda sample: sample.cpu_host)),
        shown(counted.memory if counted else None, 0),
        pair(middle(lambda sample: sample.up / KB), middle(lambda sample: sample.down / KB), 0),
        *_counts(counted),
    ]


def _counts(counted: Counted | None) -> tuple[str, str]:
    """Programs, and flushes."""
    if counted is None:
        return NONE, NONE
    traced = counted.traced
    python = f" ({traced.pythons})" if traced.pythons else ""
    return f"{traced.programs.total()}{python}", str(traced.flushes.total())
