"""What was measured, as Markdown: one row for each thing that was done under load."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.load.judged import Judged

COLUMNS = (
    "times",
    "requests",
    "failed",
    "answered by the wrong release",
    "assets of open pages lost",
    "closed idle, asked again",
    "slowest answer",
)


@dataclass(frozen=True)
class Row:
    """What was done some times, and what each load has shown. `told_apart`: do pages name the release, before and after?"""

    what: str
    loads: Sequence[Judged]
    told_apart: bool = True

    def cells(self) -> list[str]:
        """As COLUMNS have them."""
        return [
            self.what,
            str(len(self.loads)),
            f"{sum(len(load.requests) for load in self.loads):,}",
            shown([len(load.failed) for load in self.loads]),
            shown([len(load.wrong) for load in self.loads]) if self.told_apart else "cannot be told",
            shown([len(load.lost_assets) for load in self.loads]) if self._asked_for_assets() else "not asked for",
            str(sum(len(load.retried) for load in self.loads)),
            f"{max(load.slowest for load in self.loads):.1f} s",
        ]

    def _asked_for_assets(self) -> bool:
        return any(request.is_asset for load in self.loads for request in load.requests)


def shown(counts: Sequence[int]) -> str:
    """All of them, and each."""
    return f"{sum(counts):,} ({' + '.join(map(str, counts))})" if any(counts) and len(counts) > 1 else f"{sum(counts):,}"


def table(first: str, rows: Sequence[Row]) -> str:
    """A table whose first column has this title."""
    lines = [[first, *COLUMNS], ["---", *["---:"] * len(COLUMNS)], *(row.cells() for row in rows)]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
