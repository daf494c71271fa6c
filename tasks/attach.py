"""attach, cancel: follow, or end, the job that is running on the host, whoever has started it."""

from tasks.flow.lost import follow_running
from tasks.flow.session import Session
from tasks.flow.verb import verb
from tasks.phases import lock


@verb()
def attach(session: Session) -> None:
    """Follow the job that is running on the host, to its end; Ctrl-C leaves it running."""
    session.host.connect()
    outcome = follow_running(session)
    if outcome.status != "ok":
        raise session.failure(outcome, "attach")
    name = outcome.facts.get("release", "")
    session.view.note(f"{name or 'it'} is built" if name else "it has ended well")
    session.view.note("next: " + session.hint(f"release --name {name}" if name else "status"))


@verb()
def cancel(session: Session) -> None:
    """End the job that is running on the host: its partial build is removed, the live site stays."""
    session.host.connect()
    outcome = session.require(lock.cancel_running(session.environment))
    session.ask()
    session.view.note(f"ended: {outcome.facts.get('cancelled', 'it')}. {session.standing()}")
