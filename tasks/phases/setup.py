"""Make a host ready to be released to. Run again, it changes nothing."""

from tasks.config.models import Environment
from tasks.host import adopt, repository
from tasks.host import setup as host
from tasks.phases.links import links
from tasks.phases.step import Phase, step


def setup(environment: Environment) -> Phase:
    """Directories, repo.git, and what is live already as the first release."""
    return Phase(
        "setup",
        (
            step("directories", host.directories),
            step("lock", host.lock),
            step("repository", repository.make, environment.repository),
            step("live", adopt.adopt),
            step("persistent links", host.links, links(environment)),
            step("runtime files", host.runtime_files),
        ),
        loud=True,
    )
