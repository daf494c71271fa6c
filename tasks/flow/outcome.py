"""How a run ends: old releases pruned, and a summary of what is live."""

import time

from tasks.flow.session import Session
from tasks.phases import cutover
from tasks.view.summary import Summary, show_summary


def prune(session: Session, *, must: bool = False) -> None:
    """Remove the oldest releases. A failure is a warning, unless pruning is what was asked for."""
    phase = cutover.prune(session.environment)
    outcome = session.require(phase) if must else session.send(phase)
    if outcome.status != "ok":
        session.warn(f"old releases could not be pruned: {outcome.failure or 'the link was lost'}")


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
