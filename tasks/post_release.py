"""post-release: make the running services use what is live."""

from tasks.errors import NotReleased
from tasks.flow import services
from tasks.flow.outcome import summarize
from tasks.flow.session import Session
from tasks.flow.verb import verb


@verb(locks=True)
def post_release(session: Session) -> None:
    """Make the services use the live release, then ask the site for its health."""
    session.prepare(services=True)
    with session.lock():
        live = session.state["live"]
        if live is None:
            raise NotReleased("nothing is live yet", state=session.standing(), next=session.hint("deploy --ref master"))
        session.update(release=live["name"], ref=live["ref"] or "", commit=live["commit"] or "")
        services.post_release(session)
    summarize(session, next=[session.hint("status")])
