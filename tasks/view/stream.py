"""Streams that survive their reader."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from tasks.errors import NotReleased

if TYPE_CHECKING:
    from rich.console import Console


class Lasting:
    """A text stream whose reader may go away, or not know a character: a release goes on without its screen."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding or "utf-8"
        self.fileno = stream.fileno

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
        return not self._stream.closed and self._stream.isatty()

    def _let_go(self, problem: Exception) -> None:  # noqa: ARG002, the next class asks what it was
        """Nobody reads any more: what is still buffered goes nowhere, without the interpreter complaining when it ends."""
        with suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), self._stream.fileno())


class AskedFor(Lasting):
    """What a person, or a script, has asked for: who stops reading has enough, but what a full disk swallows is missing."""

    def _let_go(self, problem: Exception) -> None:
        super()._let_go(problem)
        if not isinstance(problem, BrokenPipeError):
            raise NotReleased(f"the answer cannot be written: {problem}", state="Nothing was changed.") from None


def terminal(stream: TextIO, environ: Mapping[str, str]) -> Console:
    """A console that adds nothing of its own to the text that it is given."""
    from rich.console import Console

    return Console(file=cast("TextIO", Lasting(stream)), markup=False, highlight=False, emoji=False, _environ=environ)
