"""Are the runtime files and the targets of the persistent links there? As a build asks first, but each has its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.host.build import links as persistent
from tasks.host.build import runtime
from tasks.host.check.asking import attempt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.run import Run


def check_runtime(run: Run) -> None:
    """Each runtime file of hosts.yml."""
    for glob, optional in run.runtime_files:
        attempt(run, f"runtime file {glob}", runtime.check_one, glob, optional)


def check_links(run: Run, links: Sequence[Sequence[str]]) -> None:
    """Each persistent link: path, target, mountpoint."""
    for path, target, mountpoint in links:
        attempt(run, f"persistent link {path}", persistent.check_one, path, target, mountpoint)
