"""Build, migrate, cutover: from a ref to what is live."""

from dataclasses import dataclass

from tasks.errors import LiveButFailed, NotReleased, OutcomeUnknown, ReleaseError, Unreachable, UsageError
from tasks.flow.lost import take_lock_again
from tasks.flow.session import Session
from tasks.phases import build as build_phase
from tasks.phases import cutover as cutover_phases
from tasks.phases.cutover import SWAP
from tasks.remote.program import Outcome

_NOTHING = "Nothing was sent to any host."


@dataclass(frozen=True, slots=True)
class Choice:
    """What to release: a ref to build, or the name of a release that was built before."""

    ref: str = ""
    name: str = ""

    @classmethod
    def of(cls, ref: str | None, name: str | None, example: str) -> "Choice":
        """Exactly one of the two. Raises UsageError."""
        if ref is not None and name is not None:
            raise UsageError("--ref and --name cannot be given together", state=_NOTHING, next=example)
        if not (ref or name or "").strip():
            raise UsageError(
                "name what to release: --ref BRANCH, TAG or COMMIT, or --name RELEASE for one that was built before",
                state=_NOTHING,
                next=example,
            )
        return cls(ref or "", name or "")

    def __str__(self) -> str:
        return self.ref or self.name


def choose(session: Session, choice: Choice) -> None:
    """A sealed release for the run: built from the ref, or found by its name."""
    if choice.ref:
        build(session, choice.ref)
    else:
        find(session, choice.name)


def build(session: Session, ref: str) -> None:
    """Build and seal a release of this ref. The live site is not touched."""
    session.update(release=session.state["next"], ref=ref)
    outcome = session.require(build_phase.build(session.environment))
    session.update(commit=outcome.facts["commit"])


def find(session: Session, name: str) -> None:
    """Take a release that is there already. Raises NotReleased when it is not."""
    found = next((release for release in session.state["releases"] if release["name"] == name), None)
    if found is None:
        raise NotReleased(
            f"{session.host.address} has no complete release {name!r}",
            state=session.standing(),
            next=session.hint("releases"),
        )
    if name == session.live:
        raise NotReleased(f"{name} is live already", state=session.standing(), next=session.hint("post-release"))
    session.update(release=name, ref=found["ref"] or "", commit=found["commit"] or "")


def migrate(session: Session) -> None:
    """Migrations, if hosts.yml has any; Ctrl-C waits for them."""
    if not session.environment.migrate:
        return
    with session.uninterrupted():
        outcome = session.send(cutover_phases.migrate(session.environment))
        if outcome.status != "ok":
            error = session.failure(outcome, "migrate")
            error.state += f" The database may have changed; {session.run.release} stays built."
            raise error


def cutover(session: Session) -> str:
    """Make the run's release live; the name of the one that was live before.

    Raises NotReleased when the live link did not move, LiveButFailed when it did and something failed after,
    OutcomeUnknown when the host cannot be asked.
    """
    with session.uninterrupted():
        outcome = session.send(cutover_phases.cutover(session.environment))
        if outcome.status == "unknown" or outcome.never_began:
            outcome = _resolve(session, outcome)
        elif outcome.status == "failed" and not outcome.swapped and outcome.step == SWAP:
            outcome = _look(session, outcome)
        if outcome.swapped:
            _went_live(session, outcome)
    if outcome.status == "ok":
        return outcome.facts.get("from", "")
    error = session.failure(outcome, "cutover")
    if outcome.swapped:
        raise LiveButFailed(
            error.what,
            details=error.details,
            state=f"{session.standing()} Post-release is pending.",
            next=session.hint("post-release"),
        )
    raise error


def _went_live(session: Session, outcome: Outcome) -> None:
    facts = outcome.facts
    session.released = True
    session.update(
        release=facts["release"],
        ref=facts.get("ref", ""),
        commit=facts.get("commit", ""),
        live_at_start=facts.get("live_path", ""),
    )
    session.state["live"] = {"name": facts["release"], "ref": session.run.ref, "commit": session.run.commit}
    session.state["live_target"] = facts.get("live_path", "")
    session.state["post_release_pending"] = True


def _resolve(session: Session, lost: Outcome) -> Outcome:
    """The answer to a cutover was lost: ask the host what became of it. Raises OutcomeUnknown when it cannot be asked."""
    before, target = session.live, _target(session, lost)
    try:
        session.host.reconnect()
        take_lock_again(session)
    except (Unreachable, NotReleased) as problem:
        raise _unknown(session, before, target, problem) from problem
    if session.live == before or session.live != (target or session.live):
        why = lost.failure or "the link was lost"
        return Outcome(code=3, began=True, failure=f"{why}: the cutover did not happen", next=session.hint("status"))
    return Outcome(code=0, began=True, ended=True, swapped=True, facts=_facts(session, before))


def _look(session: Session, failed: Outcome) -> Outcome:
    """A cutover that ended badly may have renamed before it could say so: the host knows. Raises OutcomeUnknown."""
    before, target = session.live, _target(session, failed)
    try:
        session.ask()
    except ReleaseError as problem:
        raise _unknown(session, before, target, problem) from problem
    if session.live != before and session.live == (target or session.live):
        failed.swapped = True
        failed.facts.update(_facts(session, before))
    return failed


def _target(session: Session, outcome: Outcome) -> str:
    return outcome.facts.get("release") or session.run.release


def _facts(session: Session, before: str) -> dict[str, str]:
    """What a cutover would have told, from what is live."""
    live = session.state["live"]
    about = {"release": session.live, "ref": live["ref"] or "", "commit": live["commit"] or "", "from": before}
    return {**about, "live_path": session.run.live_at_start}


def _unknown(session: Session, before: str, target: str, problem: ReleaseError) -> OutcomeUnknown:
    return OutcomeUnknown(
        f"the cutover to {target or 'the release before'} was sent to {session.host.address}, and its answer was lost",
        details=[problem.what],
        state=f"Live is {before or 'nothing'} or {target or 'the release before it'}: the host cannot be asked.",
        next=session.hint("status"),
    )
