"""A phase is a list of steps, a step is a name and words."""

from collections import Counter
from dataclasses import dataclass

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One named thing that a phase does: a function of shell/lib, and its words. `key` is the hosts.yml key they come from."""

    name: str
    words: Words
    key: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """What is sent to a host in one go.

    `runner` is the function that calls the steps: `job` for work that goes on when the workstation does not, `attached`
    for a short program, `watched` for one that ends when the workstation lets go, `lock_keep` for the program that holds
    the lock. `settings` are called before the first step.
    """

    name: str
    settings: tuple[Words, ...]
    steps: tuple[Step, ...]
    runner: str = "attached"
    as_service_user: bool = False

    def sizes(self) -> Counter[str]:
        """Bytes of each hosts.yml key in the program."""
        said = [(step.key or step.name, step.words) for step in self.steps]
        said += [(words[0].removeprefix("command_"), words) for words in self.settings]
        found = Counter[str]()
        for key, words in said:
            found[key] += sum(len(word.encode()) for word in words)
        return found
