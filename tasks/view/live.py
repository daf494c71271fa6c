"""Progress on a terminal: what has ended scrolls by and stays, what is going on is drawn below it, ten times a second."""

import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live as Region
from rich.text import Text

from tasks.view.look import INDENT, NARROWEST, Row, joined, put
from tasks.view.screen import Screen, terminal
from tasks.view.story import Lane, Line, Running, Story

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES = 10
_WIDE = 72
"""Columns from which a lane has room for its command beside its output."""


class Live(Screen):
    """The region below exists only while a phase runs: between phases the terminal is an ordinary one."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str], story: Story | None = None) -> None:
        super().__init__(story)
        self.console = terminal(stream, environ)
        self._redirect = stream is sys.stderr
        self._region: Region | None = None
        self._lock = threading.Lock()

    def show(self, lines: Sequence[Line]) -> None:
        """Above the region, which comes and goes with the phases."""
        with self._lock:
            put(self.console, lines, several=self.story.several)
            if self.story.idle:
                self._stop()
            elif self._region is None:
                self._start()

    def close(self) -> None:
        """Nothing is left of the region, and the cursor is back."""
        self.story.end()
        with self._lock:
            self._stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The region, as it is at this moment."""
        now = self.story.clock()
        for host in self.story.running():
            yield from _scene(host, now, host.address if self.story.several else "")

    def _start(self) -> None:
        # A region that is started a second time would erase lines above it: each is new.
        self._region = Region(
            self,
            console=self.console,
            transient=True,
            refresh_per_second=_FRAMES,
            redirect_stdout=False,
            redirect_stderr=self._redirect,
        )
        self._region.start(refresh=True)

    def _stop(self) -> None:
        if self._region is not None:
            self._region.stop()
            self._region = None


def _scene(host: Running, now: float, address: str) -> Iterator[RenderableType]:
    spinner = _SPINNER[int(now * _FRAMES) % len(_SPINNER)]
    place = f"  {host.ended + 1} of {host.steps}" if host.ended < host.steps else ""
    said = Text.assemble((f"{address}  " if address else "", "cyan"))
    yield Row(said + Text.assemble(host.step or host.phase, (place, "dim")), now - host.began, spinner, "cyan")
    width = max((cell_len(label) for label in host.lanes), default=0)
    for label, lane in host.lanes.items():
        yield _LaneRow(label, lane, width, now)


@dataclass(frozen=True, slots=True)
class _LaneRow:
    """One lane: its label, the command it is at, and the newest line that it printed."""

    label: str
    lane: Lane
    width: int
    now: float

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """One line, whatever the width."""
        room = max(options.max_width - INDENT - 2, NARROWEST)
        label = Text(self.label)
        label.truncate(min(self.width, room // 3), pad=True, overflow="ellipsis")
        said = self._said((room - label.cell_len) * 2 // 5 if options.max_width >= _WIDE else 0)
        spent = self.now - self.lane.began if self.lane.command else None
        yield Row(joined(Text("  "), label, Text("  "), said), spent)

    def _said(self, room: int) -> Text:
        """The command and the output beside it; with no room for both, the output."""
        if self.lane.done and not self.lane.command:
            return Text("done", "dim")
        command, output = Text(self.lane.command), self.lane.output.lstrip()
        if not output:
            return command
        if not room:
            return Text(output, "dim")
        command.truncate(room, overflow="ellipsis")
        return Text.assemble(command, "  " if command else "", (output, "dim"))
