"""attach, cancel: follow, or end, the jobs that are running on the hosts, no matter who started them."""

from collections.abc import Callable

from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.verb import verb
from tasks.phases import lock
from tasks.remote.outcome import Outcome


@verb(narrows=True)
def attach(fleet: Fleet) -> None:
    """Follow the jobs that are running on the hosts, to their end; Ctrl-C leaves them running."""
    followed = _where_one_runs(fleet, Member.follow)
    for name in dict.fromkeys(outcome.facts.get("release", "") for outcome in followed.values()):
        fleet.note(f"{name} is built" if name else "it has ended well")
        fleet.note("next: " + (fleet.hint("release", "--name", name) if name else fleet.hint("status")))


@verb(narrows=True)
def cancel(fleet: Fleet) -> None:
    """End the jobs that are running on the hosts: their partial builds are removed, the live site stays."""
    ended = _where_one_runs(fleet, lambda member: member.require(lock.cancel(of_anybody=True)))
    fleet.require(Member.ask)
    for what in dict.fromkeys(outcome.facts.get("cancelled", "it") for outcome in ended.values()):
        fleet.note(f"ended: {what}. {fleet.state()}")


def _where_one_runs(fleet: Fleet, act: Callable[[Member], Outcome]) -> dict[Member, Outcome]:
    """What it came to on each host where a job runs. Raises the verdict where one fails, or none runs anywhere."""
    asked = fleet.each(act)
    failed = {member: problem for member, problem in asked.errors.items() if "idle" not in member.host.facts}
    fleet.raise_any(failed if asked.values or failed else asked.errors)
    return asked.values
