"""Make a host ready to be released to. Run again, it changes nothing."""

from tasks.config.models import Environment
from tasks.phases.host import link_words, runtime_settings, settings
from tasks.phases.step import Phase, Step


def setup(environment: Environment) -> Phase:
    """Directories, repo.git, and what is live already as the first release."""
    return Phase(
        "setup",
        settings=(*settings(environment), *runtime_settings(environment)),
        steps=(
            Step("directories", ("setup_directories",)),
            Step("lock", ("setup_lock",)),
            Step("repository", ("setup_repository", environment.repository), "repository"),
            Step("live", ("setup_adopt",)),
            Step("persistent links", ("setup_links", *link_words(environment)), "persistent_links"),
            Step("runtime files", ("setup_report",), "runtime_files"),
        ),
    )
