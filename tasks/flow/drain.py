"""A load balancer that sends nobody to the hosts of a batch while they change, where hosts.yml has `drain`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from tasks.errors import NotReleased, ReleaseError, Unreachable, UsageError
from tasks.flow.clock import Patience
from tasks.flow.fleet import Fleet

if TYPE_CHECKING:
    from tasks.remote.target_group import Target, TargetGroup

LOOK = 5.0
"""Seconds between two looks at the targets."""

T = TypeVar("T")


class Unwell(NotReleased):
    """Targets were seen to be what they should no longer be when their time was over."""


def find(fleet: Fleet) -> None:
    """Learn which targets the hosts are, under the lock: nobody drains any. Raises ReleaseError where a batch may not leave.

    What an earlier run has left out is put in first.
    """
    if (group := fleet.balancer) is None:
        return
    _learn(fleet, group)
    if strangers := [address for address, targets in group.of.items() if not targets]:
        fleet.note(f"{', '.join(strangers)} is no target of {group.name}: nothing is drained there")
    if group.stale:
        _asked(fleet, lambda: group.untag(group.stale))
    for target, by in group.left.items():
        fleet.note(f"warning: {target} was taken out of {group.name} by {by}, and never put in again: this run does it")
        try:
            _put_in(fleet, group, [target])
        except NotReleased as problem:
            fleet.note(f"warning: {problem.what}")
    _judge(fleet, group)


def checked(fleet: Fleet) -> list[tuple[str, str, str]]:
    """What `check` says of it: ok, warn or FAIL, the text, and what to do. Nothing is changed."""
    if (group := fleet.balancer) is None or not _whole(fleet):
        return []
    try:
        _learn(fleet, group)
        if group.left:
            return [
                ("warn", f"load balancer: {_left(group, *each)}", group.registering([each[0]])) for each in group.left.items()
            ]
        _judge(fleet, group)
    except ReleaseError as problem:
        return [("FAIL", f"load balancer: {problem.what}", problem.next)]
    return [("ok", f"load balancer: each batch leaves a healthy target in {group.name}", "")]


def take_out(batch: Fleet) -> None:
    """Nobody is on the hosts of a batch any more when this is done. Raises NotReleased."""
    if (group := batch.balancer) is None or not (targets := group.targets(_addresses(batch))):
        return
    _said(batch, lambda: group.require_others(targets))
    within = _said(batch, lambda: group.take_out(targets))
    batch.note(f"draining {_names(targets)} in {group.name}, for at most {within:.0f} s")
    _said(batch, lambda: _wait(batch, within, lambda: group.leaving(targets), "is not drained"))


def put_in(batch: Fleet) -> None:
    """The hosts of a batch are in service again when this is done. Raises NotReleased where one is not."""
    if (group := batch.balancer) is None or not (targets := [*group.out]):
        return
    try:
        _put_in(batch, group, targets)
    except Unwell:
        for member in batch.members:
            member.out_of_service = True
        raise


def _learn(fleet: Fleet, group: TargetGroup) -> None:
    names = {member.host.address: member.host.connect().names for member in fleet.members}
    _asked(fleet, lambda: group.find(names))
    if not any(group.of.values()) and _whole(fleet):
        raise UsageError(
            f"none of {', '.join(names)} is a target of {group.name}", next=group.command("describe-target-health")
        )


def _judge(fleet: Fleet, group: TargetGroup) -> None:
    """Whether each batch may leave."""
    for batch in fleet.batches:
        targets = group.targets(_addresses(batch))
        _asked(fleet, lambda targets=targets: group.require_others(targets))  # type: ignore[misc]


def _put_in(fleet: Fleet, group: TargetGroup, targets: list[Target]) -> None:
    patience = Patience(fleet.clock, fleet.primary.options.patience)
    within = _said(fleet, lambda: _patiently(fleet, patience, lambda: group.put_in(targets)))
    _said(fleet, lambda: _wait(fleet, within, lambda: group.unhealthy(targets), "is not healthy"))
    while group.warnings:
        fleet.note(f"warning: {group.warnings.pop()}")
    fleet.note(f"in service again in {group.name}: {_names(targets)}")


def _wait(fleet: Fleet, within: float, look: Callable[[], dict[Target, str]], what: str) -> None:
    """Look until there are none. Raises Unwell when the time is over, and Unreachable where nobody could look then."""
    patience = Patience(fleet.clock, within)
    while left := _patiently(fleet, patience, look):
        if not patience.left:
            raise Unwell(f"{', '.join(f'{target} ({state})' for target, state in left.items())} {what} after {within:.0f} s")
        fleet.clock.pause(LOOK)


def _patiently(fleet: Fleet, patience: Patience, act: Callable[[], T]) -> T:
    """Act, and again while AWS cannot be asked and there is patience."""
    said = False
    while True:
        try:
            return act()
        except Unreachable as problem:
            if not patience.left:
                raise
            if not said:
                fleet.primary.host.warn(f"{problem.what}: it is tried again")
            said = True
        fleet.clock.pause(LOOK)


def _said(fleet: Fleet, act: Callable[[], T]) -> T:
    """The same, once a run has begun: what goes wrong is no mistake of hosts.yml any more. Raises NotReleased."""
    try:
        return _asked(fleet, act)
    except NotReleased:
        raise
    except ReleaseError as problem:
        raise NotReleased(problem.what, details=problem.details, next=problem.next) from problem


def _asked(fleet: Fleet, act: Callable[[], T]) -> T:
    """Act while the main thread listens for Ctrl-C."""
    asked = fleet.each(lambda _: act(), of=(fleet.primary,))
    for problem in asked.errors.values():
        raise problem
    return asked.values[fleet.primary]


def _whole(fleet: Fleet) -> bool:
    """Whether all hosts of the environment are asked, none left out."""
    return len(fleet.members) == len(fleet.environment.addresses)


def _left(group: TargetGroup, target: Target, by: str) -> str:
    return f"{target} was taken out of {group.name} by {by}: a deploy is at work, or has left it out"


def _addresses(fleet: Fleet) -> list[str]:
    return [member.host.address for member in fleet.members]


def _names(targets: Iterable[Target]) -> str:
    return ", ".join(map(str, targets))
