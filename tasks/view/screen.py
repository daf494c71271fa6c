"""What every verb shows its progress to: live on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Self, TextIO

from tasks.phases.event import Event
from tasks.view.story import Line, Story
from tasks.view.stream import Lasting
from tasks.view.words import clean, duration


class Screen(ABC):
    """Shows what happens, as it happens, from any thread. Never raises because of a terminal that is gone."""

    def __init__(self, story: Story | None = None) -> None:
        self.story = story or Story()

    def event(self, address: str, event: Event) -> None:
        """Something happened on a host."""
        self.show(self.story.tell(address, event))

    def note(self, text: str) -> None:
        """A line of the workstation's own."""
        self.show((Line("note", clean(text)),))

    @abstractmethod
    def show(self, lines: Sequence[Line]) -> None:
        """Print lines, for good."""

    def close(self) -> None:  # noqa: B027, most have nothing to leave
        """Leave the terminal as it was found."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


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


def open_view(addresses: Sequence[str] = (), environ: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> Screen:
    """Live where a person sees a terminal, plain elsewhere and in CI."""
    stream, story = stream or sys.stderr, Story(addresses)
    in_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    if not stream.isatty() or in_ci or environ.get("TERM", "dumb") in ("dumb", "unknown"):
        return Plain(stream, story)
    from tasks.view.live import Live  # with rich: plain lines do without

    return Live(stream, environ, story)
