"""A release as its events, a clock that is told the time, and streams that take terminals' places."""

import io
from collections.abc import Sequence

from tasks.shell.events import Event

Told = Sequence[tuple[str, ...]]

BUILD: Told = (
    ("phase", "start", "build", "fetch", "resolve", "bootstrap", "seal"),
    ("step", "start", "fetch"),
    ("step", "done", "fetch", "1200"),
    ("step", "start", "resolve"),
    ("fact", "commit", "1a2b3c4d5e6f7890"),
    ("step", "done", "resolve", "40"),
    ("step", "start", "bootstrap"),
    ("lane", "start", "web", "composer install"),
    ("lane", "start", "api", "make"),
    ("line", "web", "Installing [red]x[/]"),
    ("lane", "done", "api", "make", "3000"),
    ("lane", "done", "web", "composer install", "65000"),
    ("step", "done", "bootstrap", "65100"),
    ("warn", "the disk is nearly full"),
    ("step", "start", "seal"),
    ("step", "done", "seal", "9"),
    ("phase", "done", "build", "66400"),
)
CUTOVER: Told = (
    ("phase", "start", "cutover", "swap"),
    ("step", "start", "swap"),
    ("swapped", "source-2", "source-1"),
    ("step", "done", "swap", "50"),
    ("phase", "done", "cutover", "90"),
)
FAILED: Told = (
    ("phase", "start", "build", "bootstrap", "seal"),
    ("step", "start", "bootstrap"),
    ("lane", "start", "web", "make"),
    ("tail", "web", "[bold]broken[/]"),
    ("fail", "web: 'make' exited 2", ""),
    ("phase", "failed", "build", "4000"),
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """The time is what it was set to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def events(told: Told) -> list[Event]:
    """Events from their kinds and words."""
    return [Event(kind, tuple(words)) for kind, *words in told]
