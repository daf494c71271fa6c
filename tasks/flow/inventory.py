"""The hosts of a fleet whose inventory changes while a run is at work: instances that have ended, and new ones."""

from collections.abc import Callable
from functools import partial

from tasks.errors import NotReleased, ReleaseError
from tasks.flow.fleet import Fleet


def watch(fleet: Fleet) -> None:
    """From here on, a host whose link is lost is waited for as long as the inventory has it."""
    if fleet.inventory:
        for member in fleet.members:
            member.gone = partial(_has_left, member.host.address, fleet.inventory)


def read_again(fleet: Fleet) -> None:
    """Go on without hosts that the inventory has no more, and name those that are new. Raises NotReleased where none is left.

    An inventory that cannot be read now is a warning: the hosts are those that it had when the run began.
    """
    if (read := fleet.inventory) is None:
        return
    asked = fleet.each(lambda _: read(), of=(fleet.primary,))
    if problem := next(iter(asked.errors.values()), None):
        fleet.note(f"warning: the inventory cannot be read again: {problem.what}")
        return
    there = next(iter(asked.values.values()))
    for address in _gone(fleet, there):
        fleet.note(f"warning: {address} has left the fleet: the inventory has it no more")
    fleet.keep([member for member in fleet.everyone if member.host.address in there])
    if not fleet.members:
        raise NotReleased("no host is left: the inventory has none of them any more", next=fleet.hint("status"))
    known = {member.host.address for member in fleet.everyone} | set(fleet.primary.run.without)
    for address in there:
        if address not in known:
            fleet.note(f"{address} is new: {fleet.hint('adopt', address)}")


def _has_left(address: str, read: Callable[[], tuple[str, ...]]) -> bool:
    try:
        return address not in read()
    except ReleaseError:
        return False


def _gone(fleet: Fleet, there: tuple[str, ...]) -> list[str]:
    return [member.host.address for member in fleet.everyone if member.host.address not in there]
