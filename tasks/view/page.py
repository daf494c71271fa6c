"""A result on stdout, as text that lines up: with colours on a terminal, and plain anywhere else."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import TextIO

from rich.cells import cell_len
from rich.text import Text

from tasks.view.screen import Lasting, terminal

GAP = "  "
ENDLESS = 1_000_000
NARROWEST = 11
"""Columns that the last column of a table must have; with less, a table becomes a block for each row."""


def words(*parts: str | tuple[str, str]) -> Text:
    """Text out of plain words and (words, style)."""
    return Text.assemble(*parts)


class Page:
    """Where results are written. Whatever a host said has to pass `clean` before."""

    def __init__(
        self,
        stream: TextIO | None = None,
        environ: Mapping[str, str] = os.environ,
        kind: type[Lasting] = Lasting,
    ) -> None:
        stream = stream or sys.stdout
        self._console = terminal(stream, environ) if stream.isatty() else None
        self._file = kind(stream)
        self._width = self._console.width if self._console else ENDLESS

    def line(self, text: Text | str = "", style: str = "", indent: str = "") -> None:
        """One paragraph; on a terminal its lines stay behind the indent."""
        self.paragraph(Text(indent), Text.assemble(text, style=style))

    def fields(self, pairs: Iterable[tuple[str, Text | str]]) -> None:
        """A label and its words on each line; the same label twice is said once."""
        shown = list(pairs)
        width = max((len(label) for label, _ in shown), default=0)
        before = ""
        for label, text in shown:
            head = "" if label == before else label
            self.paragraph(words(GAP, (f"{head:{width}}", "dim"), GAP), Text.assemble(text))
            before = label

    def table(self, header: Sequence[str], rows: Sequence[Sequence[Text | str]]) -> None:
        """Rows under a header; the last column takes what room there is."""
        cells = [[Text.assemble(cell) for cell in row] for row in rows]
        widths = [max(map(cell_len, column)) for column in zip(header, *([c.plain for c in row] for row in cells), strict=True)]
        if sum(widths[:-1]) + len(GAP) * len(widths) + NARROWEST > self._width:
            for row in cells:
                self.fields(zip(header, row, strict=True))
                self.line()
            return
        for row in [[Text(name, "dim") for name in header], *cells]:
            head = Text(GAP)
            for cell, width in zip(row[:-1], widths, strict=False):
                head.append_text(cell).append(" " * (width - cell.cell_len)).append(GAP)
            self.paragraph(head, row[-1])

    def paragraph(self, head: Text, body: Text) -> None:
        """Words behind a head; on a terminal the lines that follow stay behind it."""
        indent = Text(" " * head.cell_len)
        lines = list(body.split("\n", allow_blank=True))
        if self._console:
            room = max(self._width - head.cell_len, NARROWEST)
            lines = [part for line in lines for part in line.wrap(self._console, room, overflow="fold") or [Text()]]
        for first, line in zip_longest([head], lines):
            self._put(Text.assemble(first or indent, line))

    def _put(self, line: Text) -> None:
        line.rstrip()
        if self._console:
            self._console.print(line, no_wrap=True, crop=False, overflow="ignore")
        else:
            self._file.write(line.plain + "\n")
            self._file.flush()
