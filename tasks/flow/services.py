"""Post-release, and the way back when it fails."""

from tasks.errors import LiveButFailed, OutcomeUnknown, PutBack, ReleaseError
from tasks.flow.lost import send_twice
from tasks.flow.release import cutover
from tasks.flow.session import Session
from tasks.phases import cutover as cutover_phases
from tasks.phases import post_release as post_release_phase
from tasks.remote.program import Outcome


def post_release(session: Session) -> None:
    """Make the services use what is live, and ask the site whether it is well. Raises LiveButFailed."""
    session.update(path=session.state["live_target"])
    outcome = send_twice(session, post_release_phase.post_release(session.environment))
    session.update(path="")
    said = outcome.facts.get("said", "")
    written = send_twice(session, cutover_phases.finish(session.environment, _word(outcome), said))
    if said:
        session.send(post_release_phase.forget(session.environment, said))
    if "live_now" in written.facts:
        session.ask()
        raise LiveButFailed(
            f"another release went live during the post-release of {session.run.release}",
            state=f"Live: {session.live or 'nothing'}; what its services run is for its own post-release to say.",
            next=session.hint("status"),
        )
    if outcome.status != "ok":
        error = session.failure(outcome, "post-release")
        raise LiveButFailed(
            error.what,
            details=written.tail or error.details,
            state=f"Live: {session.live}. Post-release is not done.",
            next=session.hint("post-release"),
        )
    if written.status != "ok":
        session.warn(f"post-release went well, but that could not be written down: {written.failure or 'the link was lost'}")


def _word(outcome: Outcome) -> str:
    """For history: `ok`, `failed`, or `unhealthy` when every service has followed and the site is not well."""
    return "ok" if outcome.status == "ok" else "unhealthy" if outcome.step.startswith("health ") else "failed"


def put_back(session: Session, before: str, failure: LiveButFailed) -> None:
    """Make the release before live again after a failed post-release. Raises PutBack, else what stands."""
    failed = session.run.release
    if session.live != failed:
        raise _stays(session, failure, "Somebody else released meanwhile, and that stays.")
    if not before:
        raise _stays(session, failure, "There is no release before it to put back.")
    session.update(release=before, put_back="yes")
    session.view.note(f"putting {before} back")
    _swap_back(session, before, failure)
    again = "and its post-release went well"
    try:
        post_release(session)
    except LiveButFailed as problem:
        again = f"but its own post-release failed: {problem.what}"
    raise PutBack(
        failure.what,
        details=failure.details,
        state=f"{before} is live again, {again}. {failed} is marked bad.{undone(session)}",
        next=f"mend it and deploy again; {session.hint(f'deploy --name {failed}')} tries the same release once more",
    )


def _swap_back(session: Session, before: str, failure: LiveButFailed) -> None:
    """The one rename, the other way. What fails after it is a warning: the release before is live."""
    try:
        cutover(session)
    except OutcomeUnknown as problem:
        details = [*failure.details, *problem.details]
        what = f"{failure.what}; {problem.what}"
        raise OutcomeUnknown(what, details=details, state=problem.state, next=problem.next) from problem
    except ReleaseError as problem:
        if session.live != before:
            raise _stays(session, failure, f"It could not be put back: {problem.what}") from problem
        session.warn(problem.what)


def undone(session: Session) -> str:
    """What going back does not do."""
    return " Migrations are not undone." if session.environment.migrate else ""


def _stays(session: Session, failure: LiveButFailed, why: str) -> LiveButFailed:
    return LiveButFailed(
        failure.what,
        details=failure.details,
        state=f"Live: {session.live or 'no release of ours'}. {why}",
        next=session.hint("status"),
    )
