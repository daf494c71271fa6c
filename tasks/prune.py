"""prune: what a release prunes by itself, now."""

from tasks.flow.fleet import Fleet
from tasks.flow.pruning import prune_now
from tasks.flow.verb import verb


@verb(locks=True)
def prune(fleet: Fleet) -> None:
    """Remove the oldest releases beyond keep_releases; never the live one or the one before."""
    fleet.prepare(needs="move")
    with fleet.lock():
        prune_now(fleet)
