"""What is tried, and what became of it: the same for one host and for a fleet."""

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass


@dataclass(frozen=True)
class Verdict:
    """What became of a case: what does not hold, and what was said."""

    case: str
    seed: str
    broken: tuple[str, ...]
    said: str
    seconds: float

    def __str__(self) -> str:
        lines = [f"{self.case}, seed {self.seed}", *(f"  - {line}" for line in self.broken)]
        return "\n".join([*lines, *(f"  | {line}" for line in self.said.splitlines())])


class Attempt(ABC):
    """A case that is tried once. `broken` is what does not hold, `said` what was printed."""

    def __init__(self, case: str, seed: str) -> None:
        self.name, self.seed = case, seed
        self.broken, self.said = list[str](), ""

    def run(self) -> Verdict:
        """Try it. What the trial itself does not survive is broken too."""
        began = time.monotonic()
        try:
            self._run()
        except Exception as problem:
            self.broken.append(f"{type(problem).__name__}: {problem}")
        finally:
            self.over()
        return Verdict(self.name, self.seed, tuple(self.broken), self.said, time.monotonic() - began)

    @abstractmethod
    def _run(self) -> None:
        """The fault, and a look at what must hold after it."""

    @abstractmethod
    def over(self) -> None:
        """Leave nothing of it behind."""
