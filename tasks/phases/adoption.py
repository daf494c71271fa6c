"""What history has of a host that got what the others run."""

from collections.abc import Sequence

from tasks.host import joining as host
from tasks.phases.step import Phase, step


def before() -> Phase:
    """Record which release the others ran before the live one: a rollback goes there."""
    return Phase("before", (step("record", host.before),))


def joined(addresses: Sequence[str]) -> Phase:
    """Record on a host that these others run what it runs."""
    return Phase("joined", (step("record", host.joined, addresses),))
