"""What history has of hosts that got what the others run."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tasks.host import history, releases
from tasks.host.failure import Failed
from tasks.host.run import Run


def before(run: Run) -> None:
    """The others ran the release that `path` names before the live one: so did this host, as far as a rollback is concerned."""
    run.lock.require(run)
    name = os.path.basename(run.release_path)
    if not releases.sealed(run, name):
        raise Failed(f"{name} is not a complete release on this host", run.hint("releases"))
    if releases.previous(run) != name:
        history.record(run, "before", {"name": run.release, "before": name})


def joined(run: Run, addresses: Sequence[str]) -> None:
    """These hosts run what this one runs. It is written without a lock: history has one of its own."""
    left_out = releases.records(run).left_out
    history.record(run, "joined", *({"name": address} for address in addresses if address in left_out))
