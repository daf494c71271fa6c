"""Progress where there is no terminal: one line per event, the time first (UTC), and never a control character.

The form is stable: `17:34:33Z build: fetch (1.2 s)`, with the address after the time where there are several hosts.
"""

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from tasks.view.screen import Lasting, Screen
from tasks.view.story import Line, Story
from tasks.view.text import duration


def _now() -> str:
    return time.strftime("%H:%M:%SZ", time.gmtime())


class Plain(Screen):
    """Lines for a log file. What commands print is in the log on the host, but for the tail of one that fails."""

    def __init__(self, stream: TextIO, story: Story | None = None, now: Callable[[], str] = _now) -> None:
        super().__init__(story)
        self._stream = Lasting(stream)
        self._now = now

    def show(self, lines: Sequence[Line]) -> None:
        """Each line is on its way before this returns."""
        for line in lines:
            if line.kind == "command":
                continue
            address = line.address if self.story.several else ""
            said = ": ".join(part for part in (line.phase, _words(line)) if part)
            self._stream.write(" ".join(part for part in (self._now(), address, said) if part) + "\n")
            self._stream.flush()


def _words(line: Line) -> str:
    took = duration(line.seconds)
    match line.kind:
        case "phase":
            return ""
        case "long":
            return f"{line.text} ..."
        case "step":
            return f"{line.text} ({', '.join(part for part in (line.label, took) if part)})"
        case "broken":
            return f"{line.text} failed ({took})"
        case "end":
            return f"{line.text} ({took})"
        case "tail":
            return f"{line.label} | {line.text}"
        case _:
            return _sentence(line)


def _sentence(line: Line) -> str:
    match line.kind:
        case "fail":
            return f"error: {line.text}"
        case "live":
            return f"live is {line.text}" + (f", before it {line.label}" if line.label else "")
        case "warn":
            return f"warning: {line.text}"
        case _:
            return line.text
