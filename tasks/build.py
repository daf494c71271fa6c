"""build: a sealed release that is not live."""

from tasks.errors import UsageError
from tasks.flow import build as flow
from tasks.flow.fleet import Fleet
from tasks.flow.plan import show
from tasks.flow.summary import summarize
from tasks.flow.verb import verb


@verb({"ref": "branch, tag or commit to build"}, dry=show, locks=True)
def build(fleet: Fleet, ref: str | None = None) -> None:
    """Build --ref into a sealed release that is not live yet."""
    if not ref:
        raise UsageError("build needs --ref BRANCH, TAG or COMMIT", next=fleet.hint("build", "--ref", "master"))
    fleet.prepare(ref, needs="build")
    with fleet.lock():
        release = flow.build(fleet, ref)
    summarize(fleet, release, fleet.hint("release", "--name", release.name))
