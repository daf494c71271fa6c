"""What a build, a release, a deploy or a rollback has come to."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.text import Text

from tasks.view.picture import Picture
from tasks.view.screen import is_terminal
from tasks.view.text import duration
from tasks.view.view import View


@dataclass(frozen=True, slots=True)
class Summary:
    """The outcome of one verb: what is live now, what was before, and what to type next.

    `built` is a release that is there but not live; `seconds` is what the whole verb took.
    """

    environment: str
    verb: str
    live: str
    ref: str = ""
    commit: str = ""
    before: str = ""
    built: str = ""
    seconds: float = 0.0
    pending: bool = False
    next: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def show_summary(summary: Summary, view: View | None = None, stream: TextIO | None = None) -> None:
    """Print it to stdout. `view` knows the steps that took longest, and keeps the picture where one is made."""


