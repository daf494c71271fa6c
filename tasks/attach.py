"""attach, cancel: follow, or end, the job that is running on the host, no matter who started it."""

from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.verb import verb
from tasks.phases import lock


@verb(narrows=True)
def attach(fleet: Fleet) -> None:
    """Follow the job that is running on the host, to its end; Ctrl-C leaves it running."""
    outcome = fleet.first(Member.follow)
    name = outcome.facts.get("release", "")
    fleet.note(f"{name} is built" if name else "it has ended well")
    fleet.note("next: " + (fleet.hint("release", "--name", name) if name else fleet.hint("status")))


@verb(narrows=True)
def cancel(fleet: Fleet) -> None:
    """End the job that is running on the host: its partial build is removed, the live site stays."""
    outcome = fleet.first(lambda member: member.require(lock.cancel(of_anybody=True)))
    fleet.require(Member.ask)
    fleet.note(f"ended: {outcome.facts.get('cancelled', 'it')}. {fleet.state()}")
