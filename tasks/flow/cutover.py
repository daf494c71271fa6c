"""Migrations, and the one rename that makes a release live. What became of a rename is asked, and never guessed."""

from collections.abc import Callable

from tasks.errors import OutcomeUnknown, ReleaseError
from tasks.flow.fleet import Fleet
from tasks.flow.member import Member
from tasks.flow.standing import Standing
from tasks.phases import cutover as phases
from tasks.remote.host import Next
from tasks.remote.outcome import Outcome
from tasks.remote.run import About, Release

Following = Callable[[Member], Next | None]
"""What is sent to a member whose `target` is live."""


def migrate(fleet: Fleet, release: Release) -> None:
    """Migrations, if hosts.yml has any, on the primary; Ctrl-C waits for them."""
    if fleet.environment.migrate:
        with fleet.uninterrupted():
            fleet.first(lambda member: _migrate(member, release))


def cutover(
    fleet: Fleet, release: Release, then: Following | None = None, *, files: phases.RuntimeFiles = "forward"
) -> Release:
    """Make a release live, without a name the one before; what is live now.

    `files`: which runtime files it goes live with (phases/cutover.py). `then` is what the run sends next to a member that has
    switched; to one host alone it leaves together with the cutover.

    Raises NotReleased where no live link moved, LiveButFailed where it did and something failed after, OutcomeUnknown where a
    host cannot be asked.
    """
    with fleet.uninterrupted():
        alone = then if len(fleet.members) == 1 else None
        switched = fleet.require(lambda each: swap(each, release, Standing.SWITCHED, alone, files), Standing.SWITCHED)
        return switched[fleet.primary]


def swap(
    member: Member, release: Release, to: Standing, then: Following | None = None, files: phases.RuntimeFiles = ""
) -> Release:
    """Compare, and rename; `to` is how the member stands then. Raises ReleaseError, and the standing says what moved."""
    phase, before = phases.cutover(files, member.host.environment), member.live
    member.target = release if release.name else Release(member.known.previous or "")
    about = About(release, expected=member.expected or "", put_back=to is Standing.BACK)
    outcome = member.send(phase, about, then=then(member) if then else None)
    if outcome.status == "unknown":
        outcome = _resolve(member, outcome, before)
    elif outcome.status == "failed" and not outcome.swapped and outcome.step == phase.moves:
        outcome = _look(member, outcome, before)
    member.renewed = member.renewed or bool(outcome.facts.get("renewed"))
    if outcome.swapped:
        facts = outcome.facts
        went = Release(facts["release"], facts.get("ref", ""), facts.get("commit", ""))
        member.switched(went, facts.get("live_path", ""), to)
    if outcome.status != "ok":
        raise member.failure(outcome, phase)
    return went


def undone(fleet: Fleet) -> str:
    """What going back does not do."""
    return "Migrations are not undone." if fleet.environment.migrate else ""


def _migrate(member: Member, release: Release) -> None:
    phase = phases.migrate(member.host.environment)
    outcome = member.send(phase, About(release, expected=member.expected or ""))
    if outcome.status != "ok":
        error = member.failure(outcome, phase)
        begun = outcome.status == "unknown" or outcome.step == phase.steps[-1].name
        error.state += f"{' The database may have changed;' if begun else ''} {release.name} stays built."
        raise error


def _resolve(member: Member, lost: Outcome, before: str) -> Outcome:
    """The answer to a cutover was lost: ask the host what became of it. Raises OutcomeUnknown when it cannot be asked."""
    taken = member.rejoin()
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
        f"the cutover to {member.target.name or 'the release before'} was sent to {member.host.address}, "
        "and its answer was lost",
        details=[problem] if problem else (),
    )
