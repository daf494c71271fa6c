"""Old releases are removed, but for those that some process uses."""

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


def following(member: Member) -> Next:
    """What `prune` sends."""
    return phases.prune(member.host.environment), NOTHING


def prune_unused(fleet: Fleet) -> None:
    """Remove the oldest releases that no process uses which either user can see; none, with a warning, when one cannot look."""
    fleet.each(_prune_unused)


def prune_now(fleet: Fleet) -> None:
    """Remove the oldest releases, with what sight there is of who uses them. Raises what goes wrong."""
    fleet.require(_prune_now)


def _prune(member: Member, used: Used = ()) -> None:
    outcome = member.send(phases.prune(member.host.environment, used))
    if outcome.status != "ok":
        member.host.warn(f"old releases could not be pruned: {outcome.failure or 'the link was lost'}")


def _prune_unused(member: Member) -> None:
    try:
        used = _in_use(member)
    except ReleaseError as problem:
        member.host.warn(f"old releases were not pruned, as nobody could look who uses them: {problem.what}")
    else:
        _prune(member, used)


def _prune_now(member: Member) -> None:
    try:
        used = _in_use(member)
    except ReleaseError:
        used = ()  # the release user's own sight is what pruning takes; the service user's is more
    member.require(phases.prune(member.host.environment, used))


def _in_use(member: Member) -> Used:
    """Releases that a process uses, with the service user's sight: each a name and the process. Raises ReleaseError."""
    environment, target = member.host.environment, member.known.live_target
    if not (environment.services and target):
        return ()
    outcome = member.require(phases.in_use(), About(path=target))
    lines = (line.partition(" ") for line in outcome.facts.get("in_use", "").split("\n") if line)
    return tuple((name, process) for name, _, process in lines)
