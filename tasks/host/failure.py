"""How a step ends that cannot go on."""

from __future__ import annotations

FAILED, BUSY, UNREACHABLE, CANCELLED = 3, 6, 7, 130
"""Exit codes of a phase, as CONTRACT has them."""


class Failed(Exception):
    """A step failed: what went wrong, and what to type next. `reported`: a fail event was sent already."""

    def __init__(self, what: str = "", next: str = "", *, code: int = FAILED, reported: bool = False) -> None:
        super().__init__(what)
        self.what, self.next, self.code, self.reported = what, next, code, reported

    @property
    def sentence(self) -> str:
        """Both, for a warning."""
        return f"{self.what}: {self.next.lstrip('# ')}" if self.next else self.what


class Cancelled(BaseException):
    """The phase was ended from outside, by a signal or because nobody follows it any more."""
