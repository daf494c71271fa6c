"""rollback: back to the release that was live before, or to one that you name."""

from tasks.errors import LiveButFailed
from tasks.flow import assets
from tasks.flow.build import before, find
from tasks.flow.cutover import former, go_live, stage, undone
from tasks.flow.fleet import Fleet
from tasks.flow.inventory import read_again
from tasks.flow.services import following, post_release, with_former_files
from tasks.flow.summary import summarize
from tasks.flow.verb import verb
from tasks.remote.run import Release

_HELP = {
    "to": "the release to go back to (default: the good one that was live before this one)",
    "keep_runtime_files": "the release keeps its own runtime files; those that a rollback has renewed come back",
}


@verb(_HELP, locks=True)
def rollback(fleet: Fleet, to: str | None = None, keep_runtime_files: bool = False) -> None:
    """Swap back to the release before, or --to one, then post-release."""
    fleet.prepare(to or "", tries="warns", needs="rollback")
    with fleet.lock():
        kept = keep_runtime_files and bool(fleet.environment.runtime_files)
        target = find(fleet, to, live=kept) if to else former(fleet) if kept else before(fleet)
        assets.ensure(fleet, target)
        read_again(fleet)
        stage(fleet, target)
        try:
            for part in go_live(fleet, target, following, files="own" if keep_runtime_files else "back"):
                post_release(part)
        except LiveButFailed as failure:
            raise with_former_files(fleet, failure, target) from failure
        release = fleet.primary.made
    if note := undone(fleet.environment):
        fleet.note(note)
    summarize(fleet, release, fleet.hint("status"), *_forward(fleet, release))


def _forward(fleet: Fleet, release: Release) -> list[str]:
    """To what was live on the primary: by its name where each host has it, else by its ref."""
    first = fleet.primary.first
    everywhere = all(member.first.name == first.name for member in fleet.members)
    words = ("--name", first.name) if everywhere else ("--ref", first.ref)
    return [f"{fleet.hint('deploy', *words)} # to go forward again"] if words[1] and first.name != release.name else []
