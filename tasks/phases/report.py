"""What a host is asked without being changed: plan, status, releases, history, logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.host import compare as host_compare
from tasks.host import plan as planned
from tasks.host import prune, ready
from tasks.host import state as host
from tasks.host.build import links as persistent
from tasks.host.build import ref
from tasks.host.runtime import differences, renew
from tasks.phases.build import settings_step, units
from tasks.phases.links import links, paths
from tasks.phases.step import Phase, Step, step

if TYPE_CHECKING:
    from tasks.config.models import Environment

READY = step("ready", ready.ready)


def plan(environment: Environment) -> Phase:
    """What a release of this ref would do. It may fetch into repo.git."""
    return Phase(
        "plan",
        (
            READY,
            step("fetch", ref.fetch, environment.repository),
            step("resolve", ref.resolve),
            settings_step("settings", environment, only_warn=True),
            step("commits", planned.commits),
            step("prune", prune.would_go, environment.keep_releases, paths(environment)),
            step("state", host.report, True),
            *_differences(environment),
        ),
    )


def status(environment: Environment) -> Phase:
    """The state, and a warning for each runtime file that is not the same everywhere."""
    return Phase("state", (*state().steps, *_differences(environment)))


def named(environment: Environment) -> Phase:
    """The state of a release that goes live next: its links lead somewhere, and its runtime files are those that count."""
    linked = (step("persistent links", persistent.check_own, links(environment)),) if environment.persistent_links else ()
    renewed = (step("runtime files", renew.named, units(environment)),) if environment.runtime_files else ()
    return Phase("state", (*linked, *renewed, *state(whole=False).steps))


def _differences(environment: Environment) -> tuple[Step, ...]:
    return (step("runtime files", differences.warn),) if environment.runtime_files else ()


def state(*, whole: bool = True) -> Phase:
    """What is live, what is there, who holds the lock. `whole`: every release, each of whose seals is read."""
    return Phase("state", (READY, step("state", host.report, whole)))


def compare(key: str) -> Phase:
    """What a host has to itself, to be compared with the others of its environment; `key`: hexadecimal, made for one call."""
    return Phase("compare", (READY, step("compare", host_compare.report, key)))


def history() -> Phase:
    """Who did what and when."""
    return Phase("history", (READY, step("history", host.history)))


def logs(name: str) -> Phase:
    """What the build of a release printed; of the newest one when no name is given."""
    return Phase("logs", (READY, step("log", host.log, name)))
