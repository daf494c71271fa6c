"""A picture of a run, for a README: an SVG of what a terminal of 100 columns would have kept."""

import io
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tasks.view.look import put
from tasks.view.screen import Screen
from tasks.view.story import Line

_WIDTH = 100
_ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)
_FONT = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"


class Picture(Screen):
    """Shows everything on another screen, and leaves a picture of the run at `path` when it is closed."""

    def __init__(self, screen: Screen, path: Path) -> None:
        super().__init__(screen.story)
        self._screen = screen
        self._path = path
        self._console = Console(
            file=io.StringIO(), record=True, width=_WIDTH, force_terminal=True, color_system="truecolor",
            no_color=False, markup=False, highlight=False, emoji=False, _environ={},
        )  # fmt: skip

    def show(self, lines: Sequence[Line]) -> None:
        """On the screen, and into the picture."""
        self._screen.show(lines)
        put(self._console, lines, several=self.story.several)

    @property
    def keeps(self) -> Console:
        """The picture, before `close`."""
        return self._console

    def close(self) -> None:
        """Write the picture; a picture that cannot be written is no reason to fail."""
        self._screen.close()
        command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
        svg = self._console.export_svg(title=command, clear=False, unique_id="release")
        try:
            self._path.write_text(_alone(svg), encoding="utf-8")
        except OSError as problem:
            self._screen.note(f"the picture could not be written: {problem}")


def _alone(svg: str) -> str:
    """The picture with everything in itself: without the fonts that a server would be asked for."""
    return _ELSEWHERE.sub("", svg).replace("Fira Code, monospace", _FONT)
