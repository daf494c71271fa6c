"""A release as its events and as a host tells it, a clock that is told the time, and streams that take terminals' places."""

import io
from collections.abc import Sequence
from typing import Any

from tasks.phases.event import Event

Told = Sequence[tuple[str, ...]]

COMMIT = "1a2b3c4d5e6f7890aaaabbbbccccddddeeeeffff"

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


def release(name: str, state: str = "good", **more: Any) -> dict[str, Any]:
    """A release as a host tells it."""
    at, why = "2026-11-22T17:34:32Z", "rolled back" if state == "bad" else state
    about = {"name": name, "ref": "master", "commit": COMMIT, "by": "anna", "released_at": at, "state": state, "why": why}
    return about | more


def shown(show: Any, *words: Any, stream: io.StringIO | None = None) -> list[str]:
    """The lines that a result is."""
    stream = stream or io.StringIO()
    show(*words, stream=stream)
    return stream.getvalue().splitlines()
