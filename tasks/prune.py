"""prune: what a release prunes by itself, now; or one file of the asset pool."""

from tasks.flow import assets
from tasks.flow.fleet import Fleet
from tasks.flow.pruning import prune_now
from tasks.flow.verb import verb

_HELP = {"asset": "take this file out of the asset pool, and prune nothing else: a path such as public/build/app.3f2a1b9c.js"}


@verb(_HELP, locks=True)
def prune(fleet: Fleet, asset: str | None = None) -> None:
    """Remove the oldest releases beyond keep_releases, never the live one or the one before; or one --asset."""
    if asset is not None:
        assets.check_path(asset, fleet.hint)
    fleet.prepare(needs="move")
    with fleet.lock():
        if asset is None:
            prune_now(fleet)
        else:
            assets.take_out(fleet, asset)
