"""How a run ends: what is live, what was before, how long it took, what to type next."""

from tasks.flow.fleet import Fleet
from tasks.flow.inventory import read_again
from tasks.remote.run import Release
from tasks.view.summary import show_summary


def summarize(fleet: Fleet, release: Release, *next: str) -> None:
    """Print the summary. `release` is what the run has made live, or has built; `next` are commands to type."""
    read_again(fleet)
    member = fleet.primary
    before: dict[str, list[str]] = {}
    lives: dict[str, list[str]] = {}
    for each in fleet.members:
        lives.setdefault(each.live, []).append(each.host.address)
        if each.first.name not in ("", each.live):
            before.setdefault(each.first.name, []).append(each.host.address)
    show_summary(
        fleet.environment.name,
        lives,
        hosts=[each.host.address for each in fleet.members],
        built="" if release.name == member.live else release.name,
        before=before,
        ref=release.ref,
        commit=release.commit,
        seconds=fleet.clock.now() - fleet.began,
        steps=fleet.view.story.steps,
        pending=any(each.known.pending for each in fleet.members),
        next=next,
    )
