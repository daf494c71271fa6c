"""deploy: release and post-release, undone when post-release fails."""

from tasks.errors import LiveButFailed
from tasks.flow import release as flow
from tasks.flow.outcome import prune_unused, summarize
from tasks.flow.plan import show
from tasks.flow.services import post_release, put_back
from tasks.flow.session import Session
from tasks.flow.verb import verb


@verb({"ref": "branch, tag or commit to build and deploy", "name": "a release that was built before"}, dry=show, locks=True)
def deploy(session: Session, ref: str | None = None, name: str | None = None) -> None:
    """Release, then post-release; the release before comes back when that fails."""
    choice = flow.Choice.of(ref, name, session.hint("deploy --ref master"))
    session.prepare(services=True)
    with session.lock(str(choice)):
        flow.choose(session, choice)
        flow.migrate(session)
        before = flow.cutover(session)
        try:
            post_release(session)
        except LiveButFailed as failure:
            put_back(session, before, failure)
        prune_unused(session)
    back = session.hint("rollback") + "   if it is not what you wanted"
    summarize(session, before=before, next=[back if before else session.hint("status")])
