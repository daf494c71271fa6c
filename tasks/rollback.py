"""rollback: back to the release that was live before, or to one that you name."""

from tasks.errors import UsageError
from tasks.flow import release as flow
from tasks.flow.outcome import summarize
from tasks.flow.services import post_release, undone
from tasks.flow.session import Session
from tasks.flow.verb import verb


@verb({"to": "the release to go back to (default: the good one that was live before this one)"}, locks=True)
def rollback(session: Session, to: str | None = None) -> None:
    """Swap back to the release before, or --to one, then post-release."""
    if to is not None and not to.strip():
        raise UsageError("--to is empty", state="Nothing was sent to any host.", next=session.hint("releases"))
    session.prepare(services=True)
    with session.lock(to or ""):
        _target(session, to)
        before = flow.cutover(session)
        post_release(session)
    if note := undone(session):
        session.view.note(note.strip())
    summarize(
        session,
        before=before,
        next=[session.hint("status"), session.hint(f"release --name {before}") + "   to go forward again"],
    )


def _target(session: Session, to: str | None) -> None:
    if to is None:
        session.update(release="")
        return
    flow.find(session, to)
    if any(release["name"] == to and release["state"] == "bad" for release in session.state["releases"]):
        session.view.note(f"{to} is marked bad: it was left by a rollback before")
