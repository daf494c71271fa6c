"""What was typed: the texts of options, and a word that needs no option's name before it."""

import sys
from typing import Any

from fabric.tasks import Task

from tasks.errors import UsageError, typed
from tasks.flow.selection import NOTHING_SENT

LONGEST = 1000
"""Characters of an option's text: no ref, name or reason is longer, and errors repeat it."""


class Verb(Task):
    """A task that may have one argument whose option's name is left out: Invoke has none that may be missing altogether."""

    may_stand_alone = ""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> Any:
        """Asked by the parser, just before it reads the words."""
        words = [*sys.argv[1:], "-"]
        followed = self.name in words and not words[words.index(self.name) + 1].startswith("-")
        self.positional = [self.may_stand_alone] if self.may_stand_alone and followed else []
        return super().get_arguments(ignore_unknown_help)


def seconds(option: str, text: str) -> float:
    """The seconds that an option says. Raises UsageError."""
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"--{option} takes seconds, a whole number, and not {text!r}", state=NOTHING_SENT)
    return float(text)


def as_typed(name: str, words: dict[str, Any]) -> tuple[str, ...]:
    """The verb with its options, to be typed again with more of them."""
    found = [name]
    for option, value in words.items():
        flag = f"--{option.replace('_', '-')}"
        if value is True:
            found.append(flag)
        for text in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
            found += [flag, text]
    return tuple(found)


def check_text(verb: str, words: dict[str, Any]) -> None:
    """Raises UsageError for a text that is empty, as that of an unset variable of a script, too long, or not UTF-8."""
    for name, value in words.items():
        if isinstance(value, str) and not value.strip():
            what = f"--{name.replace('_', '-')} is empty"
            raise UsageError(what, state=NOTHING_SENT, next=typed("fab", "--help", verb))
        if isinstance(value, str) and len(value) > LONGEST:
            raise UsageError(f"--{name} is {len(value):,} characters long: {LONGEST:,} is the most", state=NOTHING_SENT)
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise UsageError(f"--{name} is not UTF-8", state=NOTHING_SENT)
