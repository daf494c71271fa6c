"""What every verb shows its progress to, and the choice between the ways to show it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Protocol, Self, TextIO

from tasks.phases.event import Event
from tasks.view.plain import Plain
from tasks.view.story import Story


class View(Protocol):
    """Shows what happens, as it happens, from any thread. Never raises because of a screen that is gone."""

    @property
    def steps(self) -> Sequence[tuple[str, float]]:
        """The steps that have ended, each with its seconds."""

    def event(self, address: str, event: Event) -> None:
        """Something happened on a host."""

    def note(self, text: str) -> None:
        """Something the workstation has to say."""

    def close(self) -> None:
        """Leave the terminal as it was found."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


def open_view(addresses: Sequence[str] = (), environ: Mapping[str, str] = os.environ, stream: TextIO | None = None) -> View:
    """Live on a terminal, plain lines elsewhere and in CI."""
    stream, story = stream or sys.stderr, Story(addresses)
    return _live(environ, stream, story) if _is_live(environ, stream) else Plain(stream, story)


def _live(environ: Mapping[str, str], stream: TextIO, story: Story) -> View:
    from tasks.view.live import Live  # with rich: plain lines do without

    return Live(stream, environ, story)


def _is_live(environ: Mapping[str, str], stream: TextIO) -> bool:
    in_ci = environ.get("CI", "").lower() not in ("", "0", "false")
    return stream.isatty() and not in_ci and environ.get("TERM", "dumb") not in ("dumb", "unknown")
