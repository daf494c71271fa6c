"""Everything that a release needs, asked of a host without changing it."""

import re
from collections.abc import Iterator

from tasks.config.models import Environment, SystemdService
from tasks.phases.host import link_words, runtime_settings, settings
from tasks.phases.post_release import proven, service_settings, sudo_commands
from tasks.phases.step import Phase, Step, Words

TOOLS = (
    *("bash", "git", "python3", "flock", "setpriv", "realpath", "stat"),
    *("tail", "timeout", "mountpoint", "sync", "find", "sed"),
)

_WORD = re.compile(r"\s*(?:[A-Za-z_]\w*=[\w@%+:,./-]*\s+)*([\w@%+:,./][\w@%+:,./-]*)(?=\s|$)")
_NEXT = re.compile(r"&&|\|\|?|;")
_READ_BY_A_SHELL_ALONE = re.compile(r"""['"\\$`(){}<>#\n]""")


def check(environment: Environment) -> Phase:
    """The release user's half: what a build takes."""
    return Phase(
        "check",
        settings=_settings(environment),
        steps=(
            Step("tools", ("check_tools", *TOOLS)),
            Step("commands", ("check_commands", *_commands(environment)), "apps"),
            Step("setup", ("check_setup",)),
            Step("room", ("check_room",)),
            Step("live", ("check_live",)),
            Step("versions", ("check_versions", _php(environment), *_apps(environment)), "apps"),
            Step("repository", ("check_repository", environment.repository), "repository"),
            Step("runtime files", ("check_runtime",), "runtime_files"),
            Step("persistent links", ("check_links", *link_words(environment)), "persistent_links"),
            Step("clock", ("check_clock",)),
            *_later(environment),
        ),
    )


def check_web(environment: Environment) -> Phase:
    """The release user's half: nginx and php-fpm, from their files, and what they may do with the files of the site."""
    units = (word for service in _units(environment) for word in (service.action, service.unit))
    return Phase(
        "check-web",
        settings=_settings(environment),
        steps=(
            Step(
                "web",
                ("check_web", _php(environment), str(len(environment.writable)), *environment.writable, *units),
                "services",
            ),
        ),
    )


def check_services(environment: Environment, live_link: str = "", releases: str = "") -> Phase:
    """The service user's half: the sudo of post-release, its units and programs, and what all units run.

    `live_link` and `releases` are the release user's, who may have told them: "" where they are not known.
    """
    units = dict.fromkeys(service.unit for service in _units(environment))
    words = tuple(word for _, each in proven(environment) for word in each)
    return Phase(
        "check-services",
        settings=service_settings(environment),
        as_service_user=bool(environment.services),
        steps=(
            *(Step(f"sudo {words[0]}", ("check_sudo", *words), "services") for words in sudo_commands(environment)),
            *((Step("sudo of the proof", ("check_proof", *words), "services"),) if words else ()),
            *(Step(unit, ("check_unit", unit), "services") for unit in units),
            Step("services", ("check_services", live_link, releases, *words), "services"),
        ),
    )


def _later(environment: Environment) -> tuple[Step, ...]:
    """Keys that this version reads but does not act on: nobody should find that out from a broken page."""
    keys = (f"apps.{app.name}.inputs" for app in environment.apps if app.inputs)
    return tuple(Step("later", ("check_warn", f"{key} is not acted on by this version", "see CHANGELOG.md")) for key in keys)


def _units(environment: Environment) -> tuple[SystemdService, ...]:
    return tuple(service for service in environment.services if isinstance(service, SystemdService))


def _settings(environment: Environment) -> tuple[Words, ...]:
    return (*settings(environment), *runtime_settings(environment), ("check_path", *environment.path))


def _apps(environment: Environment) -> Words:
    return tuple(word for app in environment.apps for word in (app.name, app.path))


def _php(environment: Environment) -> str:
    """The PHP that the commands name first."""
    return next((word for word, _ in _named(environment) if re.fullmatch(r"php[\d.]*", word)), "php")


def _commands(environment: Environment) -> Words:
    """Every command word of the release user's commands with the key that first names it."""
    first = dict(reversed(list(_named(environment))))
    return tuple(word for pair in sorted(first.items()) for word in pair)


def _named(environment: Environment) -> Iterator[tuple[str, str]]:
    lanes = [(f"apps.{app.name}.bootstrap", app.bootstrap) for app in environment.apps]
    lanes += [("publish", environment.publish), ("verify", environment.verify), ("migrate", environment.migrate)]
    return ((word, key) for key, commands in lanes for command in commands for word in command_words(command))


def command_words(command: str) -> Iterator[str]:
    """The words of a command that name programs: its first, and where it is plain those after && and the like.

    A path in the release is none of them: it is there when the release is.
    """
    parts = [command] if _READ_BY_A_SHELL_ALONE.search(command) else _NEXT.split(command)
    found = (_WORD.match(part) for part in parts)
    return (word[1] for word in found if word and ("/" not in word[1] or word[1].startswith("/")))
