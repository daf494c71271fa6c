"""What became of a cutover whose answer was lost: the host is asked, and nothing is ever guessed."""

from __future__ import annotations

from collections.abc import Callable

from tasks.errors import OutcomeUnknown, ReleaseError
from tasks.flow.clock import Patience
from tasks.flow.member import Member
from tasks.flow.standing import Standing
from tasks.remote.outcome import Outcome
from tasks.remote.run import Release

DID_NOT_HAPPEN = "the link was lost before the cutover, which did not happen"

Again = Callable[[], Outcome | None]
"""Sends the cutover once more; None when the run is to end."""


def resolve(member: Member, lost: Outcome, before: str, patience: Patience, again: Again = lambda: None) -> Outcome:
    """The answer to a cutover was lost: ask the host what became of it. Raises OutcomeUnknown when it cannot be asked.

    One that has not happened is sent `again`, once: with the lock in hand the first is over, and what the host has not begun
    by then it refuses. Not where somebody has moved the link since, if only there and back.
    """
    moved = member.known.moved
    taken = member.rejoin(patience)
    problem = taken.failure
    if taken.code == 6:  # somebody else has the lock by now, so the cutover is over
        try:
            member.ask()
        except ReleaseError as unanswered:
            raise _unknown(member, lost, unanswered.what) from unanswered
    elif taken.status != "ok":
        raise _unknown(member, lost, problem)
    if member.live == _target(member, lost) != before:
        return Outcome(code=taken.code, swapped=True, failure=problem, next=taken.next, facts=_facts(member, before))
    if member.live != before:
        what = f"the link was lost during the cutover, and another release went live since: {member.live or 'none of ours'}"
    elif taken.status == "ok" and member.known.moved == moved and (sent := again()):
        return resolve(member, sent, before, patience) if sent.status == "unknown" else sent
    else:
        what = DID_NOT_HAPPEN
    return Outcome(code=taken.code or 3, failure="; ".join(filter(None, (what, problem))))


def look(member: Member, failed: Outcome, before: str) -> Outcome:
    """A cutover that ended badly may have renamed before it could report so. Raises OutcomeUnknown when it cannot be asked."""
    try:
        member.ask()
    except ReleaseError as problem:
        raise _unknown(member, failed, problem.what) from problem
    if member.live == _target(member, failed) != before:
        failed.swapped = True
        failed.facts.update(_facts(member, before))
    return failed


def _target(member: Member, outcome: Outcome) -> str:
    return outcome.facts.get("release") or member.target.name


def _facts(member: Member, before: str) -> dict[str, str]:
    """What a cutover would have reported, from what is live."""
    live = member.known.live.release if member.known.live else Release()
    path = member.known.live_path
    return {"release": live.name, "ref": live.ref, "commit": live.commit, "from": before, "live_path": path}


def _unknown(member: Member, outcome: Outcome, problem: str) -> OutcomeUnknown:
    member.standing = Standing.UNKNOWN
    member.target = Release(_target(member, outcome))
    return OutcomeUnknown(
        f"the cutover to {member.target.name} was sent to {member.host.address}, and its answer was lost",
        details=[problem] if problem else (),
    )
