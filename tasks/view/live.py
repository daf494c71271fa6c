"""Progress on a terminal: what has ended scrolls by and stays, what is going on is drawn below it, ten times a second.

A row has the seconds on the left, a mark, then the words.
"""

import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live as Region
from rich.text import Text

from tasks.view.alike import Alike
from tasks.view.screen import Screen
from tasks.view.story import Lane, Line, Running, Story
from tasks.view.stream import terminal
from tasks.view.words import duration

GUTTER = 10
INDENT = GUTTER + 4
NARROWEST = 8
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES = 10
_WIDE = 72
"""Columns from which a lane has room for its command beside its output."""


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds, a mark and words: one line when `cropped`, else as many as the words need. Never a space at a line's end."""

    body: Text
    seconds: float | None = None
    mark: str = " "
    style: str = ""
    cropped: bool = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = max(options.max_width - INDENT, NARROWEST)
        took = "" if self.seconds is None else duration(self.seconds)
        head = Text.assemble((f"{took:>{GUTTER}}  ", "dim"), (f"{self.mark} ", self.style))
        body = self.body.copy()
        if self.cropped:
            body.truncate(room, overflow="ellipsis")
        for line in [body] if self.cropped else body.wrap(console, room, overflow="fold"):
            yield joined(head, line)
            head = Text(" " * INDENT)


def joined(*parts: Text) -> Text:
    """Texts on one line that is cut at the edge."""
    line = Text(no_wrap=True, overflow="crop").join(parts)
    line.rstrip()
    return line


_MARKS = {"step": ("✓", "green"), "broken": ("✗", "bold red"), "warn": ("!", "yellow")}
_STYLES = {"broken": "bold red", "fail": "red", "end": "bold red", "warn": "yellow"}


def put(console: Console, lines: Iterable[Line], *, several: bool) -> None:
    """Print lines on a terminal. `several`: they must say which host they are about."""
    for line in lines:
        if line.kind == "phase":
            console.print(Text(line.phase, "bold"))
        elif line.kind != "long":
            said = f"{line.address}  " if several and line.address else ""
            body = Text.assemble((said, "cyan"), *_words(line))
            console.print(Row(body, line.seconds, *_MARKS.get(line.kind, (" ", "")), cropped=line.seconds is not None))


def _words(line: Line) -> list[tuple[str, str]]:
    text, style = line.text, _STYLES.get(line.kind, "dim")
    beside = f"  {line.label}" if line.label else ""
    match line.kind:
        case "step":
            return [(text, ""), (beside, "dim")]
        case "command":
            return [(f"{beside}  {text}", style)]
        case "tail":
            return [(f"{line.label} | {text}", style)]
        case "live":
            return [("live ", ""), (text, "bold green"), (f"  before it {line.label}" if line.label else "", "dim")]
        case "end":
            outcome = ": the link was cut, the outcome is unknown" if text == "unknown" else f" {text}"
            return [(f"{line.phase}{outcome}", "dim" if text == "done" else style)]
    return [(text, style)]


class Live(Screen):
    """The region below exists only while a phase runs: between phases the terminal is an ordinary one."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str], story: Story | None = None) -> None:
        super().__init__(story)
        self.console = terminal(stream, environ)
        self._redirect = stream is sys.stderr
        self._region: Region | None = None
        self._alike = Alike(self.story.hosts)
        self._lock = threading.Lock()

    def show(self, lines: Sequence[Line]) -> None:
        """Above the region, which comes and goes with the phases."""
        with self._lock:
            put(self.console, self._alike.take(lines), several=self.story.several)
            if self.story.idle:
                put(self.console, self._alike.rest(), several=self.story.several)
                self._stop()
            elif self._region is None:
                self._start()

    def close(self) -> None:
        """Nothing is left of the region, and the cursor is back."""
        self.story.end()
        with self._lock:
            put(self.console, self._alike.rest(), several=self.story.several)
            self._stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The region, as it is at this moment."""
        now, running = self.story.clock(), self.story.running()
        if not self.story.several:
            for host in running:
                yield from _scene(host, now, "", options.max_width)
        elif len(running) < options.size.height:
            yield from (_row(host, now) for host in running)
        else:
            yield from _groups(running, now)

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


def _row(host: Running, now: float) -> Row:
    """One of several hosts: where it is, and what it printed last."""
    newest = max(host.lanes.items(), key=lambda lane: lane[1].began, default=None)
    words = Text("") if newest is None else Text.assemble((f"  {newest[0]}  ", "dim"), _at(newest[1], 0))
    return Row(Text.assemble(_heading(host, host.address), words), now - host.began, _turning(now), "cyan")


def _groups(running: Sequence[Running], now: float) -> Iterator[Row]:
    """Of more hosts than there is room for, how many are at each step."""
    at: dict[str, list[Running]] = {}
    for host in running:
        at.setdefault(host.step or host.phase, []).append(host)
    for hosts in at.values():
        slowest = min(hosts, key=lambda host: host.began)
        yield Row(_heading(slowest, f"{len(hosts)} hosts"), now - slowest.began, _turning(now), "cyan")


def _turning(now: float) -> str:
    return _SPINNER[int(now * _FRAMES) % len(_SPINNER)]


def _heading(host: Running, who: str) -> Text:
    place = f"  {host.ended + 1} of {host.steps}" if host.ended < host.steps else ""
    return Text.assemble((f"{who}  " if who else "", "cyan"), host.step or host.phase, (place, "dim"))


def _scene(host: Running, now: float, address: str, columns: int) -> Iterator[Row]:
    yield Row(_heading(host, address), now - host.began, _turning(now), "cyan")
    room = max(columns - INDENT - 2, NARROWEST)
    width = min(max(map(cell_len, host.lanes), default=0), room // 3)
    for name, lane in host.lanes.items():
        label = Text(name)
        label.truncate(width, pad=True, overflow="ellipsis")
        words = _at(lane, (room - label.cell_len) * 2 // 5 if columns >= _WIDE else 0)
        yield Row(joined(Text("  "), label, Text("  "), words), now - lane.began if lane.command else None)


def _at(lane: Lane, room: int) -> Text:
    """The command that a lane is at, in so many columns, and beside it what it printed last; with no room for both, that."""
    if lane.done and not lane.command:
        return Text("done", "dim")
    command, output = Text(lane.command), lane.output.lstrip()
    if not output:
        return command
    if not room:
        return Text(output, "dim")
    command.truncate(room, overflow="ellipsis")
    return Text.assemble(command, "  " if command else "", (output, "dim"))
