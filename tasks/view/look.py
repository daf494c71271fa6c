"""How progress looks on a terminal: the seconds on the left, a mark, then the words."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
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
_STYLES = {
    "command": "dim",
    "broken": "bold red",
    "fail": "red",
    "tail": "dim",
    "end": "bold red",
    "warn": "yellow",
    "note": "dim",
}


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
    text, style = line.text, _STYLES.get(line.kind, "")
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
