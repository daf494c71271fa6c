"""hold, unhold: stop build, release and deploy for everybody, and let them go on."""

from tasks.errors import UsageError
from tasks.flow.session import Session
from tasks.flow.verb import verb
from tasks.phases import lock


@verb({"reason": "why nobody should release now"})
def hold(session: Session, reason: str | None = None) -> None:
    """Stop build, release and deploy for everybody; rollback and post-release still work."""
    if not (reason or "").strip():
        raise UsageError(
            "hold needs --reason TEXT: the others will read it", next=session.hint("hold --reason 'no releases today'")
        )
    session.host.connect()
    session.require(lock.hold(session.environment, reason or ""))
    session.view.note(f"{session.environment.name} is on hold: {session.hint('unhold')} lets releases go on")


@verb()
def unhold(session: Session) -> None:
    """Let releases go on."""
    session.host.connect()
    session.require(lock.unhold(session.environment))
    session.view.note(f"{session.environment.name} is not on hold any more")
