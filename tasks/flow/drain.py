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
    """Learn which targets the hosts are, under the lock: nobody drains any. Raises ReleaseError where a batch may not leave."""
    if (group := fleet.balancer) is None:
        return
    _learn(fleet, group)
    if strangers := [address for address, targets in group.of.items() if not targets]:
        fleet.note(f"{', '.join(strangers)} is no target of {group.name}: nothing is drained there")
    for target, by in group.left.items():
        fleet.note(f"warning: {_left(group, target, by)}: this run does it")


def checked(fleet: Fleet) -> list[tuple[str, str, str]]:
    """What `check` says of it: ok, warn or FAIL, the text, and what to do. Nothing is changed."""
    if (group := fleet.balancer) is None:
        return []
    try:
        _learn(fleet, group)
    except ReleaseError as problem:
        return [("FAIL", f"load balancer: {problem.what}", problem.next)]
    lines = [("warn", f"load balancer: {_left(group, *each)}", group.registering([each[0]])) for each in group.left.items()]
    group.out.clear()
    return lines or [("ok", f"load balancer: each batch leaves a healthy target in {group.name}", "")]


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


def _learn(fleet: Fleet, group: TargetGroup) -> None:
    names = {member.host.address: member.host.connect().names for member in fleet.members}
    _asked(fleet, lambda: group.find(names))
    for batch in fleet.batches:
        leaving = _in(group, batch)
        _asked(fleet, lambda leaving=leaving: group.require_others(leaving))  # type: ignore[misc]


def _left(group: TargetGroup, target: Target, by: str) -> str:
    return f"{target} was taken out of {group.name} by {by}, and never put in again"


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
