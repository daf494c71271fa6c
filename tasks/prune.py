"""prune: what a release prunes by itself, now."""

from tasks.errors import ReleaseError
from tasks.flow import outcome
from tasks.flow.session import Session
from tasks.flow.verb import verb


@verb(locks=True)
def prune(session: Session) -> None:
    """Remove the oldest releases beyond keep_releases; never the live one or the one before."""
    session.prepare()
    with session.lock():
        try:
            used = outcome.in_use(session)
        except ReleaseError:
            used = ()  # the release user's own sight is what pruning takes; the service user's is more
        outcome.prune(session, must=True, used=used)
