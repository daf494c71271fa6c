"""Files with a hash in their name outlive their release, so that pages which are open, or come from another host, find them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tasks.host.assets import ageing, exchange, pool
from tasks.phases.cutover import NEEDS_MOVE
from tasks.phases.step import Phase, Step, step

if TYPE_CHECKING:
    from tasks.config.models import Environment

IN_A_ROLLBACK = 120
"""Seconds that a rollback takes for its pool at most."""


def fill(environment: Environment, *, warns: bool = False) -> Phase:
    """Put what the next release and the live one have into the pool, before the cutover. `warns`: nothing is refused."""
    paths = environment.asset_pool
    filled = step(_STEP, pool.ensure, paths).lasting(IN_A_ROLLBACK) if warns else step(_STEP, pool.fill, paths)
    return Phase("assets", (filled,) if paths else (), kind="watched", options=NEEDS_MOVE)


def names(environment: Environment) -> Phase:
    """What the pool has of these two, with SHA-256, size, and the releases that have it."""
    return _exchange(step("names", exchange.names, environment.asset_pool))


def give(wanted: Sequence[str]) -> Phase:
    """The bytes of some files of the pool."""
    return _exchange(step("give", exchange.give, wanted))


def take(environment: Environment, pieces: Sequence[Sequence[Any]]) -> Phase:
    """Pieces of files for the pool: path, SHA-256, size, releases, where the piece begins, its bytes in Base64."""
    return _exchange(step("take", exchange.take, environment.asset_pool, pieces))


def take_out(environment: Environment, path: str) -> Phase:
    """Remove one file from the pool."""
    return Phase("asset", (step("remove", ageing.take_out, path, environment.asset_pool),))


def _exchange(step: Step) -> Phase:
    return Phase("assets of other hosts", (step,), kind="watched")


_STEP = "asset pool"
