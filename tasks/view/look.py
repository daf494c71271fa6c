"""How progress looks on a terminal: the seconds on the left, a mark, then the words."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from tasks.view.story import Line
from tasks.view.text import duration

GUTTER = 10
INDENT = GUTTER + 4
NARROWEST = 8


@dataclass(frozen=True, slots=True)
class Row:
    """Seconds, a mark and words: one line when `cropped`, else as many as the words need. Never a space at a line's end."""

    body: Text
    seconds: float | None = None
    mark: str = " "
    style: str = ""
    cropped: bool = True

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The rows for a console as wide as it is now."""
        room = max(options.max_width - INDENT, NARROWEST)
        took = "" if self.seconds is None else duration(self.seconds)
        head = Text.assemble((f"{took:>{GUTTER}}  ", "dim"), (f"{self.mark} ", self.style))
        for body in self._lines(console, room):
            yield joined(head, body)
            head = Text(" " * INDENT)

    def _lines(self, console: Console, room: int) -> list[Text]:
        if not self.cropped:
            return list(self.body.wrap(console, room, overflow="fold"))
        body = self.body.copy()
        body.truncate(room, overflow="ellipsis")
        return [body]


def joined(*parts: Text) -> Text:
    """Texts on one line that is cut at the edge."""
    line = Text(no_wrap=True, overflow="crop").join(parts)
    line.rstrip()
    return line


def put(console: Console, lines: Iterable[Line], *, several: bool) -> None:
    """Print lines on a terminal. `several`: they must say which host they are about."""
    for line in lines:
        if draw := _DRAWN.get(line.kind):
            said = f"{line.address}  " if several and line.address else ""
            console.print(draw(line, Text.assemble((said, "cyan"))))


def _phase(line: Line, _: Text) -> RenderableType:
    return Text(line.phase, "bold")


def _step(line: Line, said: Text) -> Row:
    detail = f"  {line.label}" if line.label else ""
    return Row(said + Text.assemble(line.text, (detail, "dim")), line.seconds, "✓", "green")


def _command(line: Line, said: Text) -> Row:
    label = f"{line.label}  " if line.label else ""
    return Row(said + Text(f"  {label}{line.text}", "dim"), line.seconds)


def _broken(line: Line, said: Text) -> Row:
    return Row(said + Text(line.text, "bold red"), line.seconds, "✗", "bold red")


def _fail(line: Line, said: Text) -> Row:
    return Row(said + Text(line.text, "red"), cropped=False)


def _tail(line: Line, said: Text) -> Row:
    return Row(said + Text(f"{line.label} | {line.text}", "dim"), cropped=False)


def _end(line: Line, said: Text) -> Row:
    style = "dim" if line.text == "done" else "bold red"
    words = {"done": f"{line.phase} done", "unknown": f"{line.phase}: the link was cut, the outcome is unknown"}
    return Row(said + Text(words.get(line.text, f"{line.phase} {line.text}"), style), line.seconds)


def _live(line: Line, said: Text) -> Row:
    before = f"  before it {line.label}" if line.label else ""
    return Row(said + Text.assemble(("live ", ""), (line.text, "bold green"), (before, "dim")), cropped=False)


def _warn(line: Line, said: Text) -> Row:
    return Row(said + Text(line.text, "yellow"), mark="!", style="yellow", cropped=False)


def _note(line: Line, said: Text) -> Row:
    return Row(said + Text(line.text, "dim"), cropped=False)


_DRAWN: dict[str, Callable[[Line, Text], RenderableType]] = {
    "phase": _phase,
    "step": _step,
    "command": _command,
    "broken": _broken,
    "fail": _fail,
    "tail": _tail,
    "end": _end,
    "live": _live,
    "warn": _warn,
    "note": _note,
}
