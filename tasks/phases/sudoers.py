"""The smallest sudoers file for the service user, as a host needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.host.services import sudo as host
from tasks.phases.post_release import proven, sudo_commands
from tasks.phases.step import Phase, step

if TYPE_CHECKING:
    from tasks.config.models import Environment


def sudoers(environment: Environment) -> Phase:
    """A rule for each command that post-release runs through sudo; the host knows its paths, and how to ask php-fpm."""
    return Phase(
        "sudoers",
        (
            *(step(f"sudo {words[0]}", host.rule, words) for words in sudo_commands(environment)),
            *(step(service.label, host.service_rules, *words) for service, words in proven(environment)),
            step("journal", host.journal),
        ),
        as_service_user=True,
    )
