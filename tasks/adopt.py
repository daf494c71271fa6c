"""adopt: a new host, or one that was left out, gets what the others run."""

from tasks.flow import adoption
from tasks.flow.fleet import Fleet
from tasks.flow.verb import verb


@verb({"address": "the host (default: each that was left out, or has nothing live)"}, locks=True, names="address")
def adopt(fleet: Fleet, address: str | None = None) -> None:
    """Build what the other hosts run on a new one, or on one that was left out, and make it live there."""
    members = adoption.newcomers(fleet, address or "")
    siblings = [member for member in fleet.members if member not in members]
    taken = adoption.model(fleet, siblings)
    if members:
        adoption.adopt(fleet, members, taken)
        adoption.look_again(fleet, siblings, members, taken)
    fleet.note(f"{', '.join(member.host.address for member in members) or 'every host'} runs {taken.live.name}")
    fleet.note("next: " + fleet.hint("status"))
