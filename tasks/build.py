"""build: a sealed release that is not live."""

from tasks.errors import UsageError
from tasks.flow import release as flow
from tasks.flow.outcome import summarize
from tasks.flow.plan import show
from tasks.flow.session import Session
from tasks.flow.verb import verb


@verb({"ref": "branch, tag or commit to build"}, dry=show, locks=True)
def build(session: Session, ref: str | None = None) -> None:
    """Build --ref into a sealed release that is not live yet."""
    if not ref:
        raise UsageError("build needs --ref BRANCH, TAG or COMMIT", next=session.hint("build --ref master"))
    session.prepare()
    with session.lock(ref):
        flow.build(session, ref)
    summarize(session, next=[session.hint(f"release --name {session.run.release}")])
