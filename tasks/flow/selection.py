"""Which hosts of an environment a run is about: all of them, one, or all but those that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from tasks.errors import UsageError

if TYPE_CHECKING:
    from tasks.config.models import Address, Environment

NOTHING_SENT = "Nothing was sent to any host."


class Selection(NamedTuple):
    """`only`: the one host that is asked; `without`: hosts that are left out, for a `reason` that goes into history."""

    only: str | None = None
    without: Sequence[str] = ()
    reason: str | None = None

    def of(self, environment: Environment) -> tuple[Address, ...]:
        """The addresses, in the order of hosts.yml. Raises UsageError."""
        names = [address.host for address in environment.addresses]
        for name in (*self.without, *(() if self.only is None else (self.only,))):
            if name not in names:
                raise _wrong(f"{environment.name} has no host {name!r}: it has {', '.join(names)}")
        if bool(self.without) != bool(self.reason):
            raise _wrong("--without ADDRESS and --reason TEXT go together: the reason goes into history")
        chosen = [each for each in environment.addresses if each.host not in self.without and self.only in (None, each.host)]
        if not chosen:
            raise _wrong("--without leaves out every host there is")
        return tuple(chosen)


def _wrong(what: str) -> UsageError:
    return UsageError(what, state=NOTHING_SENT)
