"""Whether every host could make a release live, before any of them does."""

from collections.abc import Sequence
from contextlib import suppress

from tasks.errors import ReleaseError
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.phases.step import Phase
from tasks.remote.run import Release


def require_ready(fleet: Fleet, release: Release, phase: Phase, of: Sequence[Member]) -> None:
    """Each of these members reports so; where one refuses, all report what they run by now. Raises ReleaseError."""
    asked = fleet.each(lambda member: _ready(member, release, phase), of)
    if asked.errors:
        fleet.each(Member.ask, [member for member in fleet.members if member not in of])
    fleet.raise_any(asked.errors)


def _ready(member: Member, release: Release, phase: Phase) -> None:
    outcome = member.send(phase, member.about(release), again=True)
    if outcome.status == "failed":
        with suppress(ReleaseError):  # the state below is that of the lock then
            member.ask()
    if outcome.status != "ok":
        raise member.failure(outcome, phase)
