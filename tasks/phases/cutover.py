"""What follows a sealed release: migrations, the one rename that makes it live, and what is recorded afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from tasks.host import cutover as host
from tasks.host import in_use as processes
from tasks.host import prune as old
from tasks.host import state
from tasks.host.assets import ageing
from tasks.host.build import inodes
from tasks.host.runtime import renew
from tasks.host.services import masked
from tasks.phases.build import commands_step, units
from tasks.phases.links import paths
from tasks.phases.step import Phase, step

if TYPE_CHECKING:
    from tasks.config.models import Environment


RuntimeFiles = Literal["", "forward", "back", "own"]
"""What a cutover does about the runtime files of its target, as host/runtime/renew.py has it."""

NEEDS_MOVE = (("needs_move", True),)
"""The right to move the live link is taken with such a phase, and kept until the lock is let go."""


def migrate(environment: Environment) -> Phase:
    """Migrations, on one host, from the sealed release, before the first cutover."""
    commands = commands_step("migrate", environment, ("migrate", ".", environment.migrate))
    commands = (*commands, step("inodes", inodes.own_again)) if commands else ()
    steps = (step("still live", host.still_live), *commands)
    return Phase("migrate", steps, kind="job", loud=True, options=NEEDS_MOVE, done="Migrations have run.")


def still_live() -> Phase:
    """Whether the release could still go live, on a host that waits for the migrations of another."""
    return Phase("still-live", (step("still live", host.still_live),), options=NEEDS_MOVE)


def target() -> Phase:
    """What a rollback goes back to that names no release, and leaves runtime files as they were."""
    return Phase("target", (step("target", renew.target),))


def stage() -> Phase:
    """Everything of a cutover but its rename: compare, and a link of this run's own beside the live one, on disk."""
    return Phase("stage", (step("target", host.target), step("stage", host.make_ready)), options=NEEDS_MOVE)


def cutover(files: RuntimeFiles = "", environment: Environment | None = None) -> Phase:
    """Compare, rename, history.

    `files`: which runtime files the target goes live with, "" for those that it has.
    """
    some = files and environment and environment.runtime_files
    renewed = (step("runtime files", renew.renew, files, units(environment)),) if some and environment else ()
    target = step("target", renew.target if some and files == "own" else host.target)
    return Phase("cutover", (target, *renewed, step("swap", host.swap)), loud=True, moves="swap", options=NEEDS_MOVE)


def finish(outcome: str, said: str = "") -> Phase:
    """Record how post-release went: `ok`, `unhealthy`, `failed` or `unknown`; report what it left in a file, masked."""
    words = (step("last words", masked.report, said),) if said else ()
    return Phase("finish", (step("record", host.served, outcome), step("state", state.report, False), *words))


def in_use() -> Phase:
    """Which releases some process uses, with the service user's sight: what the release user cannot see."""
    return Phase("in-use", (step("processes", processes.report),), kind="watched", as_service_user=True)


def prune(environment: Environment, used: Sequence[tuple[str, str]] = ()) -> Phase:
    """Remove the oldest releases beyond keep_releases, but for those `used`: each a name and the process that uses it."""
    keep, pool = environment.keep_releases, environment.asset_pool
    aged = (step("asset pool", ageing.age, keep, pool),) if pool else ()
    return Phase("prune", (step("prune", old.prune, keep, used, paths(environment)), *aged), options=(("keep", True),))
