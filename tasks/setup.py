"""setup: make a host ready to be released to."""

from tasks.errors import Unreachable
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.verb import verb
from tasks.phases import setup as phases


@verb()
def setup(fleet: Fleet) -> None:
    """Make a host ready: directories, repo.git, git access; what is live becomes the first release."""
    pending = fleet.require(_set_up)
    for member, found in pending.items():
        fleet.note(f"{member.host.address} is set up" + ("; post-release is pending" if found else ""))
    fleet.note("next: " + fleet.hint("post-release" if any(pending.values()) else "check"))


def _set_up(member: Member) -> bool:
    """Set up one host; whether its post-release is pending then."""
    phase = phases.setup(member.host.environment)
    outcome = member.send(phase)
    if outcome.status != "ok" and outcome.code != Unreachable.exit_code:
        member.done = "What setup had made by then stays, and is taken up again."
    if outcome.status != "ok":
        raise member.failure(outcome, phase)
    return any(event.kind == "pending" for event in outcome.events)
