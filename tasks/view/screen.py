"""What every verb shows its progress to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from tasks.phases.event import Event
from tasks.view.story import Line, Story
from tasks.view.words import clean


class Screen(ABC):
    """Shows what happens, as it happens, from any thread. Never raises because of a terminal that is gone."""

    def __init__(self, story: Story | None = None) -> None:
        self.story = story or Story()

    def event(self, address: str, event: Event) -> None:
        """Something happened on a host."""
        self.show(self.story.lines(address, event))

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
