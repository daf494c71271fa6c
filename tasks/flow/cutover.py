"""Migrations, and the one rename that makes a release live. What became of a rename is asked, and never guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tasks.errors import OutcomeUnknown, ReleaseError
from tasks.flow.clock import Patience
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.ready import require_ready
from tasks.flow.standing import Standing
from tasks.phases import cutover as phases
from tasks.phases.step import Phase
from tasks.remote.host import Next
from tasks.remote.outcome import Outcome
from tasks.remote.run import Release

if TYPE_CHECKING:
    from tasks.config.models import Environment

Following = Callable[[Member], Next | None]
"""What is sent to a member whose `target` is live."""

UNSURE = 60.0
"""Seconds that the others of a batch wait for one whose swap is unsure; then they go on, and it is asked again after that."""


def migrate(fleet: Fleet, release: Release) -> None:
    """Migrations, if hosts.yml has any, on the primary, when live is what it was on all; Ctrl-C waits for them."""
    if fleet.environment.migrate:
        with fleet.uninterrupted():
            require_ready(fleet, release, phases.still_live(), fleet.others(fleet.primary))
            fleet.first(lambda member: _migrate(member, release))


def stage(fleet: Fleet, release: Release) -> None:
    """Every member says that it could make the release live at once; nothing moves. A member that waits for no other swaps."""
    require_ready(fleet, release, phases.stage(), [member for member in fleet.members if fleet.others(member)])


def go_live(
    fleet: Fleet, release: Release, then: Following | None = None, *, files: phases.RuntimeFiles = "forward"
) -> Iterator[Fleet]:
    """The cutover of one batch; yields those whose services are to follow: all of them.

    When it is unsure whether some have switched, the others come first, and these when they are known to. Raises as `cutover`.
    """
    try:
        cutover(fleet, release, then, files=files, unsure=UNSURE)
    except OutcomeUnknown:
        sure = [member for member in fleet.members if member.standing is Standing.SWITCHED]
        unsure = [member for member in fleet.members if member.standing is Standing.UNKNOWN]
        if not sure or len(sure) + len(unsure) < len(fleet.members):
            raise
        addresses = ", ".join(member.host.address for member in unsure)
        fleet.note(f"whether {addresses} has switched is unknown: the others go on, and it is asked again after that")
        yield fleet.of(sure)
        fleet = fleet.of(unsure)
        fleet.require(_ask_again, Standing.SWITCHED)
    yield fleet


def cutover(
    fleet: Fleet,
    release: Release,
    then: Following | None = None,
    *,
    files: phases.RuntimeFiles = "forward",
    unsure: float = math.inf,
) -> Release:
    """Make a release live; the same, with all that is known of it by then.

    Where it cannot be on one member, each goes back to what was live on it, its services untouched.

    `files`: which runtime files it goes live with (phases/cutover.py). `then` is what the run sends next to a member that has
    switched; where that waits for no other, it leaves together with the cutover. `unsure`: seconds within the patience for one
    whose answer was lost, while others wait for it.

    Raises NotReleased where no live link moved, PutBack where all are back, LiveButFailed where one moved and something failed
    after, OutcomeUnknown where a host cannot be asked.
    """
    with fleet.uninterrupted():
        switched = fleet.each(
            lambda each: (
                swap(each, release, Standing.SWITCHED, files=files, unsure=unsure)
                if fleet.others(each)
                else swap(each, release, Standing.SWITCHED, then, files)
            )
        )
        failure = fleet.verdict(Standing.SWITCHED, switched.errors)
        if failure and any(member.standing is Standing.AS_IT_WAS for member in fleet.members):
            failure = fleet.verdict(Standing.BACK, swap_back(fleet), because=failure)
    if failure:
        raise failure
    return fleet.primary.made


def former(fleet: Fleet) -> Release:
    """What a rollback goes back to that leaves runtime files as they were: the primary decides. Raises NotReleased."""
    return Release(fleet.first(lambda member: member.require(phases.target())).facts["release"])


def swap_back(fleet: Fleet) -> dict[Member, ReleaseError]:
    """The one rename, the other way, on each member where what the run made live still is. Why a host cannot be asked."""
    return fleet.each(_swap_back).errors


def settle(fleet: Fleet) -> None:
    """Ask those whose swap is unsure once more, with what is left of the patience; their standings say what came of it."""
    fleet.each(_ask_again)


def swap(
    member: Member,
    release: Release,
    to: Standing,
    then: Following | None = None,
    files: phases.RuntimeFiles = "",
    unsure: float = math.inf,
) -> None:
    """Compare, and rename; `to` is how the member stands then. Raises ReleaseError, and the standing says what moved."""
    phase, before = phases.cutover(files, member.host.environment), member.live
    member.target = release
    how = "untouched" if member.services is None else "yes"  # whether its services were asked to follow
    about = member.about(release)._replace(put_back=how if to is Standing.BACK else "")
    outcome = member.send(phase, about, then=then(member) if then else None)
    if outcome.status == "unknown":
        outcome = _resolve(member, outcome, before, member.patience(unsure))
    elif outcome.status == "failed" and not outcome.swapped and outcome.step == phase.moves:
        outcome = _look(member, outcome, before)
    member.renewed = member.renewed or bool(outcome.facts.get("renewed"))
    _take(member, outcome, phase, to)


def _take(member: Member, outcome: Outcome, phase: Phase, to: Standing) -> None:
    """What a cutover has come to, which is known. Raises ReleaseError when it did not go well."""
    if outcome.swapped:
        facts = outcome.facts
        went = Release(facts["release"], facts.get("ref", ""), facts.get("commit", ""))
        member.switched(went, facts.get("live_path", ""), to)
    if outcome.status != "ok":
        raise member.failure(outcome, phase)


def _ask_again(member: Member) -> None:
    """With what is left of the patience, once, whether it has switched. Raises ReleaseError."""
    left = Patience(member.clock, 0.0 if member.settled else max(0.0, member.options.patience - UNSURE))
    member.settled = True
    outcome = _resolve(member, Outcome(), member.live, left)
    member.standing = Standing.AS_IT_WAS
    _take(member, outcome, phases.cutover(), Standing.SWITCHED)


def _swap_back(member: Member) -> None:
    """Raises OutcomeUnknown; anything else is in the words of the member's way back."""
    if not member.made.name or member.live != member.made.name:
        return
    if not member.first.name:
        member.way_back = "There is no release before it to put back."
        return
    try:
        swap(member, member.first, Standing.BACK)
    except OutcomeUnknown:
        raise
    except ReleaseError as problem:
        if member.standing is Standing.BACK:
            member.host.warn(problem.what)
        else:
            member.way_back = f"It could not be put back: {problem.what}."


def undone(environment: Environment) -> str:
    """What going back does not do."""
    return "Migrations are not undone." if environment.migrate else ""


def _migrate(member: Member, release: Release) -> None:
    phase = phases.migrate(member.host.environment)
    outcome = member.send(phase, member.about(release))
    if outcome.status != "ok":
        error = member.failure(outcome, phase)
        begun = outcome.status == "unknown" or outcome.step in [step.name for step in phase.steps[1:]]
        error.besides = f"{'The database may have changed; ' if begun else ''}{release.name} stays built."
        raise error


def _resolve(member: Member, lost: Outcome, before: str, patience: Patience) -> Outcome:
    """The answer to a cutover was lost: ask the host what became of it. Raises OutcomeUnknown when it cannot be asked."""
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
    if member.live == before:
        what = "the link was lost before the cutover, which did not happen"
    else:
        what = f"the link was lost during the cutover, and another release went live since: {member.live or 'none of ours'}"
    return Outcome(code=taken.code or 3, failure="; ".join(filter(None, (what, problem))))


def _look(member: Member, failed: Outcome, before: str) -> Outcome:
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
