"""Make a host ready to be released to. Run again, it changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.host import adopt, repository
from tasks.host import setup as host
from tasks.host.check import git_server
from tasks.phases.links import links
from tasks.phases.step import Phase, step

if TYPE_CHECKING:
    from tasks.config.models import Environment


def setup(environment: Environment) -> Phase:
    """Directories, repo.git, and what is live already as the first release."""
    return Phase(
        "setup",
        (
            step("directories", host.directories),
            step("lock", host.lock),
            step("repository", repository.make, environment.repository),
            step("git access", git_server.require, environment.repository),
            step("live", adopt.adopt),
            step("persistent links", host.links, links(environment)),
            step("runtime files", host.runtime_files),
        ),
        loud=True,
        done="It is set up.",
    )
