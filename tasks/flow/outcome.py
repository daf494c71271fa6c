"""How a run ends: old releases pruned, and a summary of what is live."""

import time

from tasks.errors import ReleaseError
from tasks.flow.session import Session
from tasks.phases import cutover
from tasks.phases.step import Words
from tasks.view.summary import Summary, show_summary


def prune(session: Session, *, must: bool = False, used: Words = ()) -> None:
    """Remove the oldest releases, but for those `used`. A failure is a warning, unless pruning is what was asked for."""
    phase = cutover.prune(session.environment, used)
    outcome = session.require(phase) if must else session.send(phase)
    if outcome.status != "ok":
        session.warn(f"old releases could not be pruned: {outcome.failure or 'the link was lost'}")


def prune_unused(session: Session) -> None:
    """Remove the oldest releases that no process uses which either user can see; none, with a warning, when one cannot look."""
    try:
        used = in_use(session)
    except ReleaseError as problem:
        session.warn(f"old releases were not pruned, as nobody could look who uses them: {problem.what}")
    else:
        prune(session, used=used)


def in_use(session: Session) -> Words:
    """Releases that a process uses, with the service user's sight: each a name and the process. Raises ReleaseError."""
    if not (session.environment.services and session.state["live_target"]):
        return ()
    session.update(path=session.state["live_target"])
    try:
        outcome = session.require(cutover.in_use(session.environment))
    finally:
        session.update(path="")
    return tuple(word for line in outcome.facts.get("in_use", "").splitlines() for word in line.split(" ", 1))


def summarize(session: Session, *, next: list[str], before: str = "") -> None:
    """What is live, what was before, how long it took, what to type next."""
    run, live = session.run, session.live
    show_summary(
        Summary(
            environment=session.environment.name,
            verb=run.verb,
            live=live,
            ref=run.ref,
            commit=run.commit,
            before=before,
            built="" if run.release == live else run.release,
            seconds=time.monotonic() - session.began,
            pending=bool(session.state.get("post_release_pending")),
            next=tuple(next),
        ),
        session.view,
    )
