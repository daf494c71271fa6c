"""Migrations, and the one rename that makes a release live."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from tasks.errors import OutcomeUnknown, ReleaseError
from tasks.flow.clock import Patience
from tasks.flow.fleet import Fleet
from tasks.flow.interrupts import Interrupts
from tasks.flow.lost import DID_NOT_HAPPEN, Again, look, resolve
from tasks.flow.member import Member
from tasks.flow.ready import ready, require_of_all
from tasks.flow.standing import Standing
from tasks.phases import cutover as phases
from tasks.phases.step import Phase
from tasks.remote.host import Next
from tasks.remote.outcome import Outcome
from tasks.remote.run import About, Release

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
            still_live = phases.still_live()
            require_of_all(
                fleet, lambda each: ready(each, still_live, each.about(release), again=True), fleet.others(fleet.primary)
            )
            fleet.first(lambda member: _migrate(member, release))


def stage(fleet: Fleet, release: Release) -> None:
    """Every member says that it could make the release live at once; nothing moves. A member that waits for no other swaps."""
    waiting = [member for member in fleet.members if fleet.others(member)]
    require_of_all(fleet, lambda each: ready(each, phases.stage(), each.about(release), again=True), waiting)


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
        fleet.require(lambda each: _ask_again(each, _again(each, release, fleet.interrupts, files=files)), Standing.SWITCHED)
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
                swap(each, release, Standing.SWITCHED, fleet.interrupts, files=files, unsure=unsure)
                if fleet.others(each)
                else swap(each, release, Standing.SWITCHED, fleet.interrupts, then, files)
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
    return fleet.each(lambda member: _swap_back(member, fleet.interrupts)).errors


def settle(fleet: Fleet) -> None:
    """Ask those whose swap is unsure once more, with what is left of the patience; their standings say what came of it."""
    fleet.each(_ask_again)


def swap(
    member: Member,
    release: Release,
    to: Standing,
    interrupts: Interrupts,
    then: Following | None = None,
    files: phases.RuntimeFiles = "",
    unsure: float = math.inf,
) -> None:
    """Compare, and rename; `to` is how the member stands then. Raises ReleaseError, and the standing says what moved."""
    member.target, before = release, member.live
    phase, about = _asked(member, release, to, files)
    outcome = member.send(phase, about, then=then(member) if then else None)
    if outcome.status == "unknown":
        again = _again(member, release, interrupts, to, files)
        outcome = resolve(member, outcome, before, member.patience(unsure), again)
    _take(member, outcome, before, to)


def _asked(member: Member, release: Release, to: Standing, files: phases.RuntimeFiles) -> tuple[Phase, About]:
    """The cutover of a member, and what it is about."""
    how = "untouched" if member.services is None else "yes"  # whether its services were asked to follow
    about = member.about(release)._replace(put_back=how if to is Standing.BACK else "")
    return phases.cutover(files, member.host.environment), about


def _again(
    member: Member,
    release: Release,
    interrupts: Interrupts,
    to: Standing = Standing.SWITCHED,
    files: phases.RuntimeFiles = "",
) -> Again:
    """Sends the same cutover once more, unless the run is to end."""

    def again() -> Outcome | None:
        if interrupts.heard:
            return None
        member.host.warn(f"{DID_NOT_HAPPEN}: it is sent once more")
        return member.send(*_asked(member, release, to, files))

    return again


def _take(member: Member, outcome: Outcome, before: str, to: Standing) -> None:
    """What a cutover has come to, which is known or can be asked. Raises ReleaseError when it did not go well."""
    phase = phases.cutover()
    if outcome.status == "failed" and not outcome.swapped and outcome.step == phase.moves:
        outcome = look(member, outcome, before)
    member.renewed = member.renewed or bool(outcome.facts.get("renewed"))
    if outcome.swapped:
        facts = outcome.facts
        went = Release(facts["release"], facts.get("ref", ""), facts.get("commit", ""))
        member.switched(went, facts.get("live_path", ""), to)
    if outcome.status != "ok":
        raise member.failure(outcome, phase)


def _ask_again(member: Member, again: Again = lambda: None) -> None:
    """With what is left of the patience, once, whether it has switched. Raises ReleaseError."""
    left = Patience(member.clock, 0.0 if member.settled else max(0.0, member.options.patience - UNSURE))
    member.settled, before = True, member.live
    outcome = resolve(member, Outcome(), before, left, again)
    member.standing = Standing.AS_IT_WAS
    _take(member, outcome, before, Standing.SWITCHED)


def _swap_back(member: Member, interrupts: Interrupts) -> None:
    """Raises OutcomeUnknown; anything else is in the words of the member's way back."""
    if not member.made.name or member.live != member.made.name:
        return
    if not member.first.name:
        member.way_back = "There is no release before it to put back."
        return
    try:
        swap(member, member.first, Standing.BACK, interrupts)
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
