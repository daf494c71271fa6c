"""Make the running services use the live release, then ask the site whether it is well."""

import re
import shlex
from itertools import dropwhile

from tasks.config.models import Environment, HealthCheck, RunService, Service, SupervisorService, SystemdService
from tasks.phases.host import settings
from tasks.phases.step import Phase, Step, Words

_PLAIN = re.compile(r"""(?:[\w@%+=:,./ \t-]|\\.|'[^']*'|"[^"$`\\]*")+""")
"""Text without operators, expansions, globs and comments."""


def post_release(environment: Environment) -> Phase:
    """Services in order, the proof that they run what was released, and health. No services: release_user asks for health."""
    return Phase(
        "post-release",
        settings=service_settings(environment),
        runner="watched",
        as_service_user=bool(environment.services),
        steps=(
            *(Step(service.label, _service(service), "services") for service in environment.services),
            *_proof(environment),
            *(Step(f"health {check.url}", ("health_check", *_health(check)), "health") for check in environment.health),
        ),
    )


def forget(environment: Environment, said: str) -> Phase:
    """Remove what a failed post-release left for the release user to tell."""
    return Phase(
        "forget",
        settings=settings(environment),
        as_service_user=bool(environment.services),
        steps=(Step("forget", ("said_forget", said)),),
    )


def try_services(environment: Environment) -> Phase:
    """Would every command of post-release run without a password? Asked before anything is written."""
    return Phase(
        "try",
        settings=service_settings(environment),
        as_service_user=True,
        steps=(
            *(Step(f"sudo {words[0]}", ("sudo_try", *words), "services") for words in sudo_commands(environment)),
            *(Step(service.label, ("service_try", *words), "services") for service, words in proven(environment)),
        ),
    )


def service_settings(environment: Environment) -> tuple[Words, ...]:
    """Where things are, and whose release the services run."""
    return (*settings(environment), ("services_of", environment.release_user))


def proven(environment: Environment) -> tuple[tuple[Service, Words], ...]:
    """The services whose processes are shown to run the release, as KIND ACTION NAME; `run` is proven by health alone."""
    found = ((service, _acts(service)) for service in environment.services)
    return tuple((service, words) for service, words in found if words)


def sudo_commands(environment: Environment) -> tuple[Words, ...]:
    """The sudo commands of post-release that hosts.yml tells; of a `run` service, where its text is a plain sudo command."""
    found = (words for service in environment.services for words in _sudo(service))
    return tuple(dict.fromkeys(words for words in found if words))


def _proof(environment: Environment) -> tuple[Step, ...]:
    words = tuple(word for _, each in proven(environment) for word in each)
    return (Step("proof", ("service_prove", *words), "services"),) if words else ()


def _acts(service: Service) -> Words:
    match service:
        case SystemdService():
            return ("systemd", service.action, service.unit)
        case SupervisorService():
            return ("supervisor", service.action, service.program)
        case RunService():
            return ()


def _sudo(service: Service) -> tuple[Words, ...]:
    match service:
        case SystemdService():
            return (("systemctl", service.action, service.unit),)
        case SupervisorService():
            return (("supervisorctl", service.action, service.program), ("supervisorctl", "status", service.program))
        case RunService():
            return (_sudo_in(service.command),)


def _sudo_in(text: str) -> Words:
    """The words of a plain `sudo COMMAND ...`; nothing where bash would do more with the text than split and unquote it."""
    words = shlex.split(text) if _PLAIN.fullmatch(text) else []
    if words[:1] != ["sudo"]:
        return ()
    command = tuple(dropwhile(lambda word: word in ("-n", "--", "--non-interactive"), words[1:]))
    return command if command and not command[0].startswith("-") and "=" not in command[0] else ()


def _service(service: Service) -> Words:
    return ("service_run", service.command) if isinstance(service, RunService) else ("service_act", *_acts(service))


def _health(check: HealthCheck) -> Words:
    headers = (word for name, value in check.headers.items() for word in (name, value))
    return (check.url, str(check.status), str(check.within), check.contains or "", *headers)
