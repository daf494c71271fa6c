"""How a run ends: what is live, what was before, how long it took, what to type next."""

from tasks.flow.fleet import Fleet
from tasks.remote.run import Release
from tasks.view.summary import show_summary


def summarize(fleet: Fleet, release: Release, *next: str) -> None:
    """Print the summary. `release` is what the run has made live, or has built; `next` are commands to type."""
    member = fleet.primary
    show_summary(
        fleet.environment.name,
        member.live,
        built="" if release.name == member.live else release.name,
        before=member.first.name if member.first.name != member.live else "",
        ref=release.ref,
        commit=release.commit,
        seconds=fleet.clock.now() - fleet.began,
        steps=fleet.view.story.steps,
        pending=member.known.pending,
        next=next,
    )
