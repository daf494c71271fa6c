"""What a phase reports: events, each a kind and words, sent to the workstation or written to a job's events file."""

from __future__ import annotations

from collections.abc import Callable


class Report:
    """The events of one phase. `send` takes the kind and the words of one event; it never raises."""

    def __init__(self, send: Callable[[tuple[str, ...]], None]) -> None:
        self.send = send

    def event(self, kind: str, *words: str) -> None:
        """Report any event; the kinds are listed at remote/events.py."""
        self.send((kind, *words))

    def fact(self, key: str, value: str) -> None:
        """Report a value that the workstation asks for by name."""
        self.event("fact", key, value)

    def note(self, text: str) -> None:
        """Report what was done besides what a step is named for."""
        self.event("note", text)

    def warn(self, text: str) -> None:
        """Report what went wrong and does not stop the phase."""
        self.event("warn", text)

    def line(self, label: str, text: str) -> None:
        """Report the newest line of output. The only event that may be left out when the workstation does not read."""
        self.event("line", label, text)

    def tail(self, label: str, text: str) -> None:
        """Report one of the last lines of what failed."""
        self.event("tail", label, text)

    def text(self, text: str) -> None:
        """Report a line that the verb prints as it stands."""
        self.event("text", text)

    def ok(self, text: str) -> None:
        """Report a check that passed."""
        self.event("check", "ok", text, "")

    def doubt(self, text: str, next: str = "") -> None:
        """Report a check that passed with a warning."""
        self.event("check", "warn", text, next)

    def bad(self, text: str, next: str = "") -> None:
        """Report a check that failed."""
        self.event("check", "FAIL", text, next)
