"""hold, unhold: stop build, release and deploy for everybody, and let them go on."""

from tasks.errors import UsageError
from tasks.flow.fleet import Fleet
from tasks.flow.verb import verb
from tasks.phases import lock


@verb({"reason": "why nobody should release now"})
def hold(fleet: Fleet, reason: str | None = None) -> None:
    """Stop build, release and deploy for everybody; rollback and post-release still work."""
    if not reason:
        raise UsageError(
            "hold needs --reason TEXT: the others will read it", next=fleet.hint("hold", "--reason", "no releases today")
        )
    fleet.require(lambda member: member.require(lock.hold(reason)))
    fleet.note(f"{fleet.environment.name} is on hold: {fleet.hint('unhold')} lets releases go on")


@verb()
def unhold(fleet: Fleet) -> None:
    """Let releases go on."""
    fleet.require(lambda member: member.require(lock.unhold()))
    fleet.note(f"{fleet.environment.name} is not on hold any more")
