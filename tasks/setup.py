"""setup: make a host ready to be released to."""

from tasks.flow.session import Session
from tasks.flow.verb import verb
from tasks.phases import setup as phases


@verb()
def setup(session: Session) -> None:
    """Make a host ready: directories, repo.git, git access; what is live becomes the first release."""
    session.host.connect()
    phase = phases.setup(session.environment)
    outcome = session.send(phase)
    if outcome.status != "ok":
        error = session.failure(outcome, phase.name)
        error.state = "What setup had made by then stays, and is taken up again."
        raise error
    pending = any(event.kind == "pending" for event in outcome.events)
    session.view.note(f"{session.host.address} is set up" + ("; post-release is pending" if pending else ""))
    session.view.note("next: " + session.hint("post-release" if pending else "check"))
