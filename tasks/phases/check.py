"""Everything that a release needs, asked of a host without changing it."""

from tasks.config.models import Environment, SystemdService
from tasks.phases.host import link_words, runtime_settings, settings
from tasks.phases.post_release import sudo_commands
from tasks.phases.step import Phase, Step

TOOLS = ("bash", "git", "python3", "flock", "realpath", "stat", "tail", "timeout", "mountpoint", "sync", "find", "sed")


def check(environment: Environment) -> Phase:
    """The release user's half."""
    return Phase(
        "check",
        settings=(*settings(environment), *runtime_settings(environment)),
        steps=(
            Step("tools", ("check_tools", *TOOLS)),
            Step("setup", ("check_setup",)),
            Step("live", ("check_live",)),
            Step("repository", ("check_repository", environment.repository), "repository"),
            Step("runtime files", ("check_runtime",), "runtime_files"),
            Step("persistent links", ("check_links", *link_words(environment)), "persistent_links"),
            Step("clock", ("check_clock",)),
            *_later(environment),
        ),
    )


def _later(environment: Environment) -> tuple[Step, ...]:
    """Keys that this version reads but does not act on: nobody should find that out from a broken page."""
    named = {"carry_assets": environment.carry_assets, "writable": environment.writable}
    named |= {f"apps.{app.name}.inputs": app.inputs for app in environment.apps}
    texts = (f"{key} is not acted on by this version" for key, value in named.items() if value)
    return tuple(Step("later", ("check_warn", text, "see CHANGELOG.md")) for text in texts)


def check_services(environment: Environment) -> Phase:
    """The service user's half: the sudo of post-release, and the units that it names."""
    units = (service.unit for service in environment.services if isinstance(service, SystemdService))
    return Phase(
        "check-services",
        settings=settings(environment),
        as_service_user=True,
        steps=(
            *(Step(f"sudo {words[0]}", ("check_sudo", *words), "services") for words in sudo_commands(environment)),
            *(Step(unit, ("check_unit", unit), "services") for unit in dict.fromkeys(units)),
        ),
    )
