"""A load balancer that sends nobody to the hosts of a batch while they change, where hosts.yml has `drain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tasks.errors import NotReleased, ReleaseError
from tasks.flow.clock import Patience
from tasks.flow.fleet import Fleet

if TYPE_CHECKING:
    from tasks.remote.target_group import Target, TargetGroup

LOOK = 5.0
"""Seconds between two looks at the targets."""

T = TypeVar("T")


def find(fleet: Fleet) -> None:
    """Learn which targets the hosts are, before anything is written on one. Raises ReleaseError where a batch may not leave."""
    if (group := fleet.balancer) is None:
        return
    names = {member.host.address: member.host.connect().names for member in fleet.members}
    _asked(fleet, lambda: group.find(names))
    if strangers := [address for address, targets in group.of.items() if not targets]:
        fleet.note(f"{', '.join(strangers)} is no target of {group.name}: nothing is drained there")
    for target, by in group.left.items():
        fleet.note(f"warning: {target} was taken out of {group.name} by {by}, and never put in again: this run does it")
    for batch in fleet.batches:
        _asked(fleet, lambda batch=batch: group.require_others(_in(group, batch)))  # type: ignore[misc]


def take_out(batch: Fleet) -> None:
    """Nobody is on the hosts of a batch any more when this is done. Raises NotReleased."""
    if (group := batch.balancer) is None or not (targets := _in(group, batch)):
        return
    _said(batch, lambda: group.require_others(targets))
    within = _said(batch, lambda: group.take_out(targets))
    batch.note(f"{_names(targets)} is drained: out of {group.name} within {within:.0f} s")
    _said(batch, lambda: _wait(batch, within, lambda: group.leaving(targets), f"is not drained after {within:.0f} s"))


def put_in(batch: Fleet) -> None:
    """The hosts of a batch are in service again when this is done. Raises NotReleased where one is not."""
    if (group := batch.balancer) is None:
        return
    targets = [target for target in group.targets(_addresses(batch)) if target in group.out]
    if not targets:
        return
    within = _said(batch, lambda: group.put_in(targets))
    try:
        _said(batch, lambda: _wait(batch, within, lambda: group.unhealthy(targets), f"is not healthy after {within:.0f} s"))
    except NotReleased:
        for member in batch.members:
            member.out_of_service = True
        raise
    batch.note(f"{_names(targets)} is in service again in {group.name}")


def _in(group: TargetGroup, batch: Fleet) -> list[Target]:
    """The targets of a batch that visitors are sent to."""
    return [target for target in group.targets(_addresses(batch)) if target not in group.out]


def _wait(fleet: Fleet, within: float, left: Callable[[], object], what: str) -> None:
    patience = Patience(fleet.clock, within)
    while found := left():
        if not patience.left:
            states = found.items() if isinstance(found, dict) else [(each, "draining") for each in found]  # type: ignore[attr-defined]
            raise NotReleased(f"{', '.join(f'{target} ({state})' for target, state in states)} {what}")
        fleet.clock.pause(LOOK)


def _said(fleet: Fleet, act: Callable[[], T]) -> T:
    """The same, once a run has begun: what goes wrong is no mistake of hosts.yml any more. Raises NotReleased."""
    try:
        return _asked(fleet, act)
    except ReleaseError as problem:
        raise NotReleased(problem.what, details=problem.details, next=problem.next) from problem


def _asked(fleet: Fleet, act: Callable[[], T]) -> T:
    """Act while the main thread listens for Ctrl-C."""
    asked = fleet.each(lambda _: act(), of=(fleet.primary,))
    for problem in asked.errors.values():
        raise problem
    return asked.values[fleet.primary]


def _addresses(fleet: Fleet) -> list[str]:
    return [member.host.address for member in fleet.members]


def _names(targets: Sequence[Target]) -> str:
    return ", ".join(map(str, targets))
