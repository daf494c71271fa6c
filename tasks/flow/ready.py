"""What must go well on every host before one of them moves: where it does not, each reports what it runs by now.

A rollback passes by a build, so that this may be another release than when the lock was taken.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from tasks.errors import Interrupted, ReleaseError
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.phases.step import Phase
from tasks.remote.outcome import Outcome
from tasks.remote.run import About

T = TypeVar("T")


def require_of_all(
    fleet: Fleet,
    act: Callable[[Member], T],
    of: Sequence[Member] | None = None,
    ends: Callable[[Member], None] | None = None,
) -> dict[Member, T]:
    """Act on every member, as `Fleet.require` does; `act` comes to its phases by `ready`. Raises ReleaseError."""
    done = fleet.each(act, of, ends=ends)
    if done.errors:
        fleet.each(Member.ask, [member for member in fleet.members if member not in done.errors])
    fleet.raise_any(done.errors)
    return done.values


def ready(member: Member, phase: Phase, about: About, *, again: bool = False) -> Outcome:
    """One phase that must go well. Raises what its failure means, with what the host runs by now."""
    outcome = member.send(phase, about, again=again)
    if outcome.status == "failed" and outcome.code != Interrupted.exit_code:
        with suppress(ReleaseError):  # what was live when the lock was taken is printed then
            member.ask()
    if outcome.status != "ok":
        raise member.failure(outcome, phase)
    return outcome
