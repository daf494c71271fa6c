"""What the ways to show a story have in common, and a stream that survives its reader."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Self, TextIO, cast

from tasks.errors import NotReleased
from tasks.phases.event import Event
from tasks.view.story import Line, Story
from tasks.view.text import clean

if TYPE_CHECKING:
    from rich.console import Console


class Screen(ABC):
    """A view that shows the lines of a story one after the other."""

    def __init__(self, story: Story | None = None) -> None:
        self.story = story or Story()

    @property
    def steps(self) -> Sequence[tuple[str, float]]:
        """The steps that have ended, each with its seconds."""
        return tuple(self.story.steps)

    def event(self, address: str, event: Event) -> None:
        """Something happened on a host."""
        self.show(self.story.tell(address, event))

    def note(self, text: str) -> None:
        """Something the workstation has to say."""
        self.show((Line("note", clean(text)),))

    @abstractmethod
    def show(self, lines: Sequence[Line]) -> None:
        """Put lines on this screen, for good."""

    def close(self) -> None:  # noqa: B027, most have nothing to leave
        """Leave the terminal as it was found."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Lasting:
    """A text stream whose reader may go away, or not know a character: a release goes on without its screen."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "utf-8"

    def write(self, text: str) -> int:
        """Write what the stream's encoding can say of the text."""
        try:
            return self._stream.write(text.encode(self.encoding, "replace").decode(self.encoding))
        except (OSError, ValueError) as problem:
            self._let_go(problem)
            return len(text)

    def flush(self) -> None:
        """Send on what was written."""
        try:
            self._stream.flush()
        except (OSError, ValueError) as problem:
            self._let_go(problem)

    def isatty(self) -> bool:
        """Is it a terminal?"""
        return not self._stream.closed and self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor, for the size of the terminal."""
        return self._stream.fileno()

    def _let_go(self, problem: Exception) -> None:  # noqa: ARG002, the next class asks what it was
        """Nobody reads any more: what is still buffered goes nowhere, without the interpreter complaining when it ends."""
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
        except (OSError, ValueError):
            pass


class AskedFor(Lasting):
    """What a person, or a script, has asked for: who stops reading has enough, but what a full disk swallows is missing."""

    def _let_go(self, problem: Exception) -> None:
        super()._let_go(problem)
        if not isinstance(problem, BrokenPipeError):
            raise NotReleased(f"the answer cannot be written: {problem}", state="Nothing was changed.") from None


def terminal(stream: TextIO, environ: Mapping[str, str]) -> Console:
    """A console that adds nothing of its own to the text that it is given."""
    from rich.console import Console

    return Console(
        file=cast("TextIO", Lasting(stream)),
        markup=False,
        highlight=False,
        emoji=False,
        _environ=environ,
    )
