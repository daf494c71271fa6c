"""Progress as plain lines, for a file, a pipe or CI."""

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from tasks.view.screen import Screen
from tasks.view.story import Line, Story
from tasks.view.stream import Lasting
from tasks.view.words import duration


class Plain(Screen):
    """One line per event, the time first (UTC), and never a control character.

    The form is stable: `17:34:33Z build: fetch (1.2 s)`, with the address after the time where there are several hosts. What
    commands print is in the log on the host, but for the tail of one that fails.
    """

    def __init__(self, stream: TextIO, story: Story | None = None, now: Callable[[], str] | None = None) -> None:
        super().__init__(story)
        self._stream = Lasting(stream)
        self._now = now or (lambda: time.strftime("%H:%M:%SZ", time.gmtime()))

    def show(self, lines: Sequence[Line]) -> None:
        """Each line is on its way before this returns."""
        for line in lines:
            if line.kind in _FORMS:
                address = line.address if self.story.several else ""
                said = ": ".join(filter(None, (line.phase, _words(line))))
                self._stream.write(" ".join(filter(None, (self._now(), address, said))) + "\n")
                self._stream.flush()


_FORMS = {
    "phase": "",
    "long": "{text} ...",
    "step": "{text} ({detail}{took})",
    "broken": "{text} failed ({took})",
    "fail": "error: {text}",
    "tail": "{label} | {text}",
    "end": "{text} ({took})",
    "live": "live is {text}{before}",
    "warn": "warning: {text}",
    "note": "{text}",
}


def _words(line: Line) -> str:
    detail, before = (f"{line.label}, ", f", before it {line.label}") if line.label else ("", "")
    took = duration(line.seconds or 0.0)
    return _FORMS[line.kind].format(text=line.text, label=line.label, detail=detail, before=before, took=took)
