"""Make the running services use the live release, then ask the site whether it is well."""

from __future__ import annotations

import re
import shlex
from itertools import dropwhile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tasks.host.services import health, last_words, preflight, strays, unseen
from tasks.host.services import post_release as services
from tasks.phases.step import Phase, Step, step

if TYPE_CHECKING:
    from tasks.config.models import Environment, HealthCheck
    from tasks.config.service import Service

WAITING = 120
"""Seconds that an action on a service may take besides its programs: for a unit that is held back, and until it follows."""
CONTROL = ("supervisorctl", "-c", "/etc/supervisor/supervisord.conf")
"""How commands to supervisor begin; the host puts the file in that it has."""
SLACK = 5
"""Seconds that a health check may take beyond its time, for its last try."""

Words = tuple[str, ...]
_HEALTH = "health "

_THIS_HOST = ("127.0.0.1", "localhost", "::1")
_PLAIN = re.compile(r"""(?:[\w@%+=:,./ \t-]|\\.|'[^']*'|"[^"$`\\]*")+""")
"""Text without operators, expansions, globs and comments."""


def post_release(environment: Environment, *, end_strays: bool = False) -> Phase:
    """Services in order, the proof that they run what was released, and health. No services: release_user asks for health.

    `end_strays`: what the site has left running in php-fpm's group below an old release is ended.
    """
    patience = 2 * environment.step_timeout + WAITING
    return Phase(
        "post-release",
        (
            *(_act(service).lasting(patience) for service in environment.services),
            *((step("end strays", strays.end).lasting(patience),) if end_strays and proven(environment) else ()),
            *((step("proof", services.prove).lasting(patience),) if proven(environment) else ()),
            *(_health(check) for check in environment.health),
        ),
        kind="watched",
        loud=True,
        as_service_user=bool(environment.services),
    )


def requests(environment: Environment) -> Phase:
    """The requests of verify, to a release that is sealed and not live."""
    units = tuple(each.name for each in environment.services if each.kind == "systemd")
    return Phase(
        "verify",
        tuple(
            step(
                f"verify {each.label}",
                unseen.check,
                (environment.releases_dir, units),
                each.php,
                each.url,
                each.status,
                each.contains or "",
                tuple(each.headers.items()),
            )
            for each in environment.verify
            if not isinstance(each, str)
        ),
        kind="watched",
        loud=True,
        as_service_user=True,
    )


def recorded(status: str, step: str) -> str:
    """How history has an outcome whose last step this was: `unhealthy` when services followed, and the site is not well."""
    return "unhealthy" if status == "failed" and step.startswith(_HEALTH) else status


def forget(environment: Environment, said: str) -> Phase:
    """Remove the last words that a failed post-release left for the release user, once they were reported."""
    return Phase("forget", (step("forget", last_words.remove, said),), as_service_user=bool(environment.services))


def try_services(environment: Environment, *, warns: bool = False) -> Phase:
    """Would post-release go well, as far as that can be asked before anything is written? `warns`: nothing is refused."""
    return Phase(
        "try",
        (
            *(step(f"sudo {words[0]}", preflight.try_command, words, warns) for words in sudo_commands(environment)),
            step("room", preflight.try_room, warns),
            *((step("ports", preflight.try_ports, ports),) if (ports := _ports(environment)) else ()),
            *(step(service.label, preflight.try_service, *words, warns) for service, words in proven(environment)),
        ),
        as_service_user=True,
    )


def proven(environment: Environment) -> tuple[tuple[Service, tuple[str, str, str]], ...]:
    """The services whose processes are shown to run the release, as kind, action, name; `run` is proven by health alone."""
    return tuple((each, (each.kind, each.action, each.name)) for each in environment.services if each.kind != "run")


def sudo_commands(environment: Environment) -> tuple[Words, ...]:
    """The sudo commands of post-release that hosts.yml names; of a `run` service, where its text is a plain sudo command."""
    found = (words for service in environment.services for words in _sudo(service))
    return tuple(dict.fromkeys(words for words in found if words))


def _sudo(service: Service) -> tuple[Words, ...]:
    match service.kind:
        case "systemd":
            return (("systemctl", service.action, service.name),)
        case "supervisor":
            return ((*CONTROL, service.action, service.name), (*CONTROL, "status", service.name))
        case "run":
            return (_sudo_in(service.command),)


def _sudo_in(text: str) -> Words:
    """The words of a plain `sudo COMMAND ...`; nothing where bash would do more with the text than split and unquote it."""
    words = shlex.split(text) if _PLAIN.fullmatch(text) else []
    if words[:1] != ["sudo"]:
        return ()
    command = tuple(dropwhile(lambda word: word in ("-n", "--", "--non-interactive"), words[1:]))
    return command if command and not command[0].startswith("-") and "=" not in command[0] else ()


def _ports(environment: Environment) -> tuple[str, ...]:
    """The ports of this host that health asks."""
    urls = (urlsplit(check.url) for check in environment.health)
    found = (url.port or (443 if url.scheme == "https" else 80) for url in urls if url.hostname in _THIS_HOST)
    return tuple(dict.fromkeys(map(str, found)))


def _act(service: Service) -> Step:
    if service.kind == "run":
        return step(service.label, services.run_command, service.command)
    return step(service.label, services.act, service.kind, service.action, service.name)


def _health(check: HealthCheck) -> Step:
    headers = tuple(check.headers.items())
    arguments = (check.url, check.status, check.within, check.contains or "", headers)
    return step(f"{_HEALTH}{check.url}", health.check, *arguments).lasting(check.within + SLACK)
