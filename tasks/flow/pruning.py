"""Old releases are removed, but for those that some process uses."""

from collections.abc import Mapping

from tasks.errors import ReleaseError
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.phases import cutover as phases
from tasks.remote.host import Next
from tasks.remote.run import NOTHING, About

Used = tuple[tuple[str, str], ...]
"""Releases that some process uses: each a name and the process."""


def prune(fleet: Fleet) -> None:
    """Remove the oldest releases, with the release user's sight of who uses them. A failure is a warning."""
    fleet.each(_prune)


def following(member: Member, used: Used = ()) -> Next:
    """What `prune` sends."""
    return phases.prune(member.host.environment, used), NOTHING


def prune_unused(fleet: Fleet, used: Mapping[Member, Used | None]) -> None:
    """Remove the oldest releases that no process uses which either user can see; none, with a warning, when one cannot look."""
    fleet.each(lambda member: _prune(member, found) if (found := used[member]) is not None else None)


def looking(member: Member) -> Next | None:
    """What `look` asks; None where it needs to ask nothing."""
    target = member.known.live_target
    return (phases.in_use(), About(path=target)) if member.host.environment.services and target else None


def look(member: Member) -> Used | None:
    """Releases that a process uses, with the service user's sight; None, with a warning, when it cannot look."""
    try:
        return _in_use(member)
    except ReleaseError as problem:
        member.host.warn(f"old releases were not pruned, as nobody could look who uses them: {problem.what}")
        return None


def prune_now(fleet: Fleet) -> None:
    """Remove the oldest releases, with what sight there is of who uses them. Raises what goes wrong."""
    fleet.require(_prune_now)


def _prune(member: Member, used: Used = ()) -> None:
    outcome = member.send(*following(member, used))
    if outcome.status != "ok":
        member.host.warn(f"old releases could not be pruned: {outcome.failure or 'the link was lost'}")


def _prune_now(member: Member) -> None:
    try:
        used = _in_use(member)
    except ReleaseError:
        used = ()  # the release user's own sight is what pruning takes; the service user's is more
    member.require(phases.prune(member.host.environment, used))


def _in_use(member: Member) -> Used:
    """Releases that a process uses, with the service user's sight: each a name and the process. Raises ReleaseError."""
    if (asked := looking(member)) is None:
        return ()
    outcome = member.require(*asked)
    lines = (line.partition(" ") for line in outcome.facts.get("in_use", "").split("\n") if line)
    return tuple((name, process) for name, _, process in lines)
