"""The smallest sudoers file for the service user, as a host needs it."""

from tasks.config.models import Environment
from tasks.phases.post_release import proven, service_settings, sudo_commands
from tasks.phases.step import Phase, Step


def sudoers(environment: Environment) -> Phase:
    """A rule for each command that post-release runs through sudo; the host knows its paths, and how to ask php-fpm."""
    return Phase(
        "sudoers",
        settings=service_settings(environment),
        as_service_user=True,
        steps=(
            *(Step(f"sudo {words[0]}", ("sudoers_rule", *words), "services") for words in sudo_commands(environment)),
            *(Step(service.label, ("sudoers_service", *words), "services") for service, words in proven(environment)),
            Step("journal", ("sudoers_journal",)),
        ),
    )
