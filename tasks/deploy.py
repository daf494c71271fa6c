"""deploy: release and post-release, undone when post-release fails."""

from tasks.errors import ReleaseError
from tasks.flow import assets, drain
from tasks.flow.build import choose, chosen, needs, verify
from tasks.flow.cutover import migrate, stage
from tasks.flow.fleet import Fleet
from tasks.flow.inventory import read_again
from tasks.flow.plan import show
from tasks.flow.pruning import prune_unused
from tasks.flow.services import put_back, roll_out
from tasks.flow.summary import summarize
from tasks.flow.verb import verb

HELP = {"ref": "branch, tag or commit to build and deploy", "name": "a release that was built before"}


@verb(HELP, dry=show, locks=True)
def deploy(fleet: Fleet, ref: str | None = None, name: str | None = None) -> None:
    """Release, then post-release; the release before comes back when that fails."""
    choice = chosen(ref, name, fleet.hint("deploy", "--ref", "master"))
    fleet.prepare(choice.ref or choice.name, tries="services", needs=needs(choice))
    with fleet.lock():
        drain.find(fleet)
        release = choose(fleet, choice)
        verify(fleet, release)
        assets.pool(fleet, release)
        migrate(fleet, release)
        read_again(fleet)
        stage(fleet, release)
        try:
            used = roll_out(fleet, release)
        except ReleaseError as failure:
            put_back(fleet, failure)
        prune_unused(fleet, used)
    back = fleet.hint("rollback") + " # if it is not what you wanted"
    summarize(fleet, release, back if fleet.primary.first.name else fleet.hint("status"))
