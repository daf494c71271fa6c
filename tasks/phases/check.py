"""Everything that a release needs, asked of a host without changing it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tasks.host.check import assets, commands, git_server, services, state, sudo, web
from tasks.host.services import sudo as rules
from tasks.phases.build import UNKNOWN, units, verifying
from tasks.phases.links import links, writable
from tasks.phases.post_release import proven, sudo_commands
from tasks.phases.step import Phase, Step, step
from tasks.phases.web import Pairs
from tasks.phases.web import units as acted_on

if TYPE_CHECKING:
    from tasks.config.models import Environment

TOOLS = ("bash", "git", "du", "find", "mountpoint", "rm", "stat")
"""What the phases start on a host, besides the commands and services of hosts.yml."""

_WORD = re.compile(r"\s*(?:[A-Za-z_]\w*=[\w@%+:,./-]*\s+)*([\w@%+:,./][\w@%+:,./-]*)(?=\s|$)")
_NEXT = re.compile(r"&&|\|\|?|;")
_READ_BY_A_SHELL_ALONE = re.compile(r"""['"\\$`(){}<>#\n]""")


def check(environment: Environment) -> Phase:
    """The release user's half: what a build takes, and what the web server does with a release."""
    pool = environment.asset_pool
    return Phase(
        "check",
        (
            step("tools", commands.check_tools, TOOLS),
            step("commands", commands.check_commands, _commands(environment)),
            step("setup", state.check_setup),
            step("room", state.check_room, UNKNOWN),
            step("inodes", state.check_inodes),
            step("live", state.check_live),
            step("versions", commands.check_versions, tuple((app.name, app.path) for app in environment.apps)),
            step("repository", git_server.check, environment.repository),
            step("runtime files", state.check_runtime, units(environment)),
            step("persistent links", state.check_links, links(environment)),
            step("clock", state.check_clock),
            step("logout", state.check_logout),
            *_later(environment),
            step("web", web.check_web, _php(environment), writable(environment), acted_on(environment), links(environment)),
            *((step("asset pool", assets.check_pool, pool, links(environment)),) if pool else ()),
        ),
        kind="watched",
    )


def check_services(environment: Environment, live_link: str = "", releases: str = "") -> Phase:
    """The service user's half: the sudo of post-release, its units and programs, and what all units run.

    `live_link` and `releases` are facts of the release user's half: "" where they are not known.
    """
    units = dict.fromkeys(unit for _, unit in acted_on(environment))
    named = tuple(words for _, words in proven(environment))
    return Phase(
        "check-services",
        (
            *(step(f"sudo {words[0]}", sudo.check_sudo, words) for words in sudo_commands(environment)),
            *((step("sudo of the proof", sudo.check_proof, named),) if named else ()),
            *(step(unit, services.check_unit, unit) for unit in units),
            step("services", services.check_services, live_link, releases, named),
        ),
        kind="watched",
        as_service_user=bool(environment.services),
    )


def sudoers(environment: Environment) -> Phase:
    """The smallest sudoers file: a rule for each sudo command of post-release, as the host knows paths, and php-fpm."""
    return Phase(
        "sudoers",
        (
            *(step(f"sudo {words[0]}", rules.rule, words) for words in sudo_commands(environment)),
            *(step(service.label, rules.service_rules, *words) for service, words in proven(environment)),
            step("journal", rules.journal),
        ),
        as_service_user=True,
    )


def _later(environment: Environment) -> tuple[Step, ...]:
    """Keys that this version reads but does not act on: nobody should find that out from a broken page."""
    keys = (f"apps.{app.name}.inputs" for app in environment.apps if app.inputs)
    return tuple(step("later", state.check_later, key) for key in keys)


def _php(environment: Environment) -> str:
    """The PHP that the commands name first."""
    return next((word for word, _ in _named(environment) if re.fullmatch(r"php[\d.]*", word)), "php")


def _commands(environment: Environment) -> Pairs:
    """Every command word of the release user's commands with the key that first names it."""
    return tuple(sorted(dict(reversed(list(_named(environment)))).items()))


def _named(environment: Environment) -> Iterator[tuple[str, str]]:
    lanes = [(f"apps.{app.name}.bootstrap", app.bootstrap) for app in environment.apps]
    lanes += [("publish", environment.publish), ("verify", verifying(environment)), ("migrate", environment.migrate)]
    return ((word, key) for key, commands in lanes for command in commands for word in command_words(command))


def command_words(command: str) -> Iterator[str]:
    """The words of a command that name programs: its first, and where it is plain those after && and the like.

    A path in the release is none of them: it is there when the release is.
    """
    parts = [command] if _READ_BY_A_SHELL_ALONE.search(command) else _NEXT.split(command)
    found = (_WORD.match(part) for part in parts)
    return (word[1] for word in found if word and ("/" not in word[1] or word[1].startswith("/")))
