"""What can go wrong, and the exit code of each: the interface to scripts and CI."""

import shlex
from collections.abc import Sequence

from invoke.exceptions import Exit


def typed(*words: str) -> str:
    """A command for a person to type, or a part of one: each word is one word of a shell."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """What a screen would not show as it is, such as U+00A0, stands as bash reads it: $'\\xc2\\xa0'."""
    if word.isprintable():
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(character: str) -> str:
    if character in "'\\":
        return f"\\{character}"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


class ReleaseError(Exit):
    """An error with what a person needs at three in the morning: an Exit of Invoke, so that Fabric leaves with its code.

    `what` happened (and where), the `state` that the hosts are in, what to type `next`, and `details`: lines to show as
    they are, the last output of a failing command say. `besides` is true whatever the state of the hosts is.
    """

    exit_code = 1

    def __init__(self, what: str, *, state: str = "", next: str = "", details: Sequence[str] = ()) -> None:
        self.what = what
        self.state = state
        self.besides = ""
        self.next = next
        self.details = tuple(details)
        super().__init__(message=None, code=self.exit_code)

    @property
    def whole_state(self) -> str:
        """The state, and what is true besides."""
        return " ".join(filter(None, (self.state, self.besides)))

    def __str__(self) -> str:
        parts = [self.what, *(f"  {line}" for line in self.details)]
        parts += [self.whole_state] if self.whole_state else []
        parts += [f"next: {self.next}"] if self.next else []
        return "\n".join(parts)


class UsageError(ReleaseError):
    exit_code = 2  # a wrong option, or a mistake in hosts.yml


class NotReleased(ReleaseError):
    exit_code = 3  # failed before the cutover: the live site is as it was


class LiveButFailed(ReleaseError):
    exit_code = 4  # failed after the cutover: the new release is live


class PutBack(ReleaseError):
    exit_code = 5  # failed after the cutover: the release before is live again


class Busy(ReleaseError):
    exit_code = 6  # somebody else holds the lock, or a hold


class Unreachable(ReleaseError):
    exit_code = 7  # a host did not answer, is not who it should be, or refused the login


class OutcomeUnknown(ReleaseError):
    exit_code = 8  # a cutover was sent, and the host cannot be asked what became of it


class HostsDiffer(ReleaseError):
    exit_code = 9  # what the hosts of an environment run, or run with, is not the same


class Interrupted(ReleaseError):
    exit_code = 130  # Ctrl-C
