"""A picture of a run, for a README: an SVG of what a terminal of 100 columns would have shown."""

import io
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from tasks.view.look import drawn
from tasks.view.page import Page
from tasks.view.screen import Screen
from tasks.view.story import Line

_WIDTH = 100
_FONT_FACE = re.compile(r"@font-face \{\{.*?\}\}\n\s*", re.DOTALL)
_FORMAT = _FONT_FACE.sub("", CONSOLE_SVG_FORMAT).replace(
    "Fira Code, monospace", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
)


def record(screen: Screen, path: Path) -> "Picture":
    """A view like `screen` that leaves a picture of the run at `path`."""
    return Picture(screen, path)


class Picture(Screen):
    """Shows everything on another screen, and keeps the lines that stay."""

    def __init__(self, screen: Screen, path: Path) -> None:
        super().__init__(screen.story)
        self._screen = screen
        self._path = path
        self._console = Console(
            file=io.StringIO(), record=True, width=_WIDTH, force_terminal=True, color_system="truecolor", no_color=False,
            markup=False, highlight=False, emoji=False,
        )  # fmt: skip

    def show(self, lines: Sequence[Line]) -> None:
        """On the screen, and into the picture."""
        self._screen.show(lines)
        for line in lines:
            if line.kind != "long":
                self._console.print(drawn(line, several=self.story.several))

    def page(self) -> Page:
        """Where a result is written that belongs into the picture too, before `close`."""
        return Page(console=self._console)

    def close(self) -> None:
        """Write the picture."""
        self._screen.close()
        self._save()

    def _save(self) -> None:
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        svg = self._console.export_svg(title=command, clear=False, code_format=_FORMAT, unique_id="release")
        self._path.write_text(svg, encoding="utf-8")
