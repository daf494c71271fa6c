"""release: build, migrate, cutover."""

from tasks.flow import release as flow
from tasks.flow.outcome import prune, summarize
from tasks.flow.plan import show
from tasks.flow.session import Session
from tasks.flow.verb import verb

HELP = {"ref": "branch, tag or commit to build and release", "name": "a release that was built before"}


@verb(HELP, dry=show, locks=True)
def release(session: Session, ref: str | None = None, name: str | None = None) -> None:
    """Build --ref apart, then swap one symlink; post-release is yours to type."""
    choice = flow.Choice.of(ref, name, session.hint("release --ref master"))
    session.prepare()
    with session.lock(str(choice)):
        before = session.live
        flow.choose(session, choice)
        flow.migrate(session)
        flow.cutover(session)
        prune(session)
    summarize(session, before=before, next=[session.hint("post-release")])
