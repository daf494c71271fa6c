"""The commands that following a service and its proof take through sudo, besides the action that hosts.yml names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.host.services.fpm import INSTALL, installed, live_link, needed
from tasks.host.services.nginx import tests
from tasks.host.services.processes import STAT
from tasks.host.services.service import Service

if TYPE_CHECKING:
    from tasks.host.run import Run
    from tasks.host.services.fpm import Command


def commands(run: Run, kind: str, action: str, name: str, *, now: bool = False) -> list[Command]:
    """Each once, with its user. `now`: those that would run now: the probe is installed only where another one is, or none."""
    units = Service(kind, action, name).units()
    found = [("root", [*STAT, "/proc/1/cwd"]), *(("root", words) for words in tests(units)), *needed(units, live_link(run))]
    unique = [each for at, each in enumerate(found) if each not in found[:at]]
    return [each for each in unique if not (now and each[1] == INSTALL and installed())]
