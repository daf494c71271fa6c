"""release: build, migrate, cutover."""

from tasks.flow import assets, pruning
from tasks.flow.build import choose, chosen, needs, verify
from tasks.flow.cutover import cutover, migrate, stage
from tasks.flow.fleet import Fleet
from tasks.flow.inventory import read_again
from tasks.flow.plan import show
from tasks.flow.summary import summarize
from tasks.flow.verb import verb

HELP = {"ref": "branch, tag or commit to build and release", "name": "a release that was built before"}


@verb(HELP, dry=show, locks=True)
def release(fleet: Fleet, ref: str | None = None, name: str | None = None) -> None:
    """Build --ref apart, then swap one symlink; post-release is yours to type."""
    choice = chosen(ref, name, fleet.hint("release", "--ref", "master"))
    fleet.prepare(choice.ref or choice.name, tries="web", needs=needs(choice))
    with fleet.lock():
        made = choose(fleet, choice)
        verify(fleet, made)
        assets.pool(fleet, made)
        migrate(fleet, made)
        read_again(fleet)
        stage(fleet, made)
        cutover(fleet, made, pruning.following)
        pruning.prune(fleet)
    summarize(fleet, made, fleet.hint("post-release"))
