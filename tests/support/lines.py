"""The lines of check by level, each with what to do."""

from collections.abc import Iterable
from dataclasses import dataclass

LEVELS = ("ok", "warn", "FAIL")


@dataclass(frozen=True)
class Lines:
    """Lines as "TEXT -> WHAT TO DO", by level."""

    ok: tuple[str, ...]
    warn: tuple[str, ...]
    fail: tuple[str, ...]

    @property
    def bad(self) -> tuple[str, ...]:
        """All that is not ok."""
        return (*self.warn, *self.fail)

    @classmethod
    def of(cls, lines: Iterable[tuple[str, ...]]) -> "Lines":
        """From (level, text, what to do)."""
        every = list(lines)
        by_level = ([f"{text} -> {do}".removesuffix(" -> ") for level, text, do in every if level == each] for each in LEVELS)
        ok, warn, fail = map(tuple, by_level)
        return cls(ok, warn, fail)


def reported(events: Iterable[tuple[str, ...]]) -> Lines:
    """The lines among the events of a function."""
    return Lines.of(words[1:] for words in events if words[0] == "check")
