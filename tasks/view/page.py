"""A result on stdout, as text that lines up: with colours on a terminal, and plain anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, TextIO

from tasks.errors import ReleaseError
from tasks.view.stream import Lasting, terminal
from tasks.view.words import Words, cell_len, clean

if TYPE_CHECKING:
    from rich.console import Console

GAP = "  "
ENDLESS = 1_000_000
NARROWEST = 11
"""Columns that the last column of a table must have; with less, a table becomes a block for each row."""


class Page:
    """Where results are written. Whatever a host said has to pass `clean` before."""

    def __init__(self, stream: TextIO | None = None, kind: type[Lasting] = Lasting) -> None:
        stream = stream or sys.stdout
        self._console = terminal(stream, os.environ) if stream.isatty() else None
        self._file = kind(stream)
        self._width = self._console.width if self._console else ENDLESS

    def line(self, text: Words | str = "", style: str = "", indent: str = "") -> None:
        """One paragraph; on a terminal its lines stay behind the indent."""
        self.paragraph(Words(indent), Words(text).styled(style))

    def fields(self, pairs: Iterable[tuple[str, Words | str]]) -> None:
        """A label and its words on each line; the same label twice is printed once."""
        shown = list(pairs)
        width = max((len(label) for label, _ in shown), default=0)
        before = ""
        for label, text in shown:
            head = "" if label == before else label
            self.paragraph(Words(GAP, (f"{head:{width}}", "dim"), GAP), Words(text))
            before = label

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Words | str]]) -> None:
        """Rows under a header; the last column takes what room there is."""
        cells = [[Words(cell) for cell in row] for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(header, *([c.plain for c in row] for row in cells), strict=True)]
        if sum(widths[:-1]) + len(GAP) * len(widths) + NARROWEST > self._width:
            for row in cells:
                self.fields(zip(header, row, strict=True))
                self.line()
            return
        for row in [[Words((name, "dim")) for name in header], *cells]:
            head = Words(GAP)
            for cell, width in zip(row[:-1], widths, strict=False):
                head = Words(head, cell, " " * (width - cell.cell_len), GAP)
            self.paragraph(head, row[-1])

    def paragraph(self, head: Words, body: Words) -> None:
        """Words behind a head; on a terminal the lines that follow stay behind it."""
        if self._console:
            self._print(self._console, head, body)
            return
        indent = " " * head.cell_len
        for number, line in enumerate(body.plain.split("\n")):
            self._file.write(f"{indent if number else head.plain}{line}".rstrip() + "\n")
            self._file.flush()

    def _print(self, console: Console, head: Words, body: Words) -> None:
        from rich.text import Text

        indent, room = Text(" " * head.cell_len), max(self._width - head.cell_len, NARROWEST)
        lines = body.rich().split("\n", allow_blank=True)
        wrapped = [part for line in lines for part in line.wrap(console, room, overflow="fold") or [Text()]]
        for first, line in zip_longest([head.rich()], wrapped):
            row = Text.assemble(first or indent, line)
            row.rstrip()
            console.print(row, no_wrap=True, crop=False, overflow="ignore")


def show_error(error: ReleaseError, stream: TextIO | None = None) -> None:
    """What happened, its details, the state that the hosts are in, and what to type next, on stderr."""
    page = Page(stream or sys.stderr)
    first, *more = [clean(line) for line in error.what.splitlines()] or [type(error).__name__]
    page.line(Words(("error: ", "bold red"), (first, "bold red")))
    for line in more:
        page.line(line, indent="  ")
    for line in error.details:
        page.line(clean(line), "dim", indent="  ")
    for line in error.whole_state.splitlines():
        page.line(clean(line))
    if error.next:
        page.line(Words("next: ", (clean(error.next), "bold")))
