"""How a run ends: what is live, what was before, how long it took, what to type next."""

from tasks.flow.fleet import Fleet
from tasks.remote.run import Release
from tasks.view.summary import Summary, show_summary


def summarize(fleet: Fleet, release: Release, *, next: list[str]) -> None:
    """Print the summary. `release` is what the run has made live, or has built."""
    member = fleet.primary
    show_summary(
        Summary(
            environment=fleet.environment.name,
            verb=fleet.verb,
            live=member.live,
            ref=release.ref,
            commit=release.commit,
            before=member.first.name if member.first.name != member.live else "",
            built="" if release.name == member.live else release.name,
            seconds=fleet.clock.now() - fleet.began,
            pending=member.known.pending,
            next=tuple(next),
        ),
        fleet.view,
    )
