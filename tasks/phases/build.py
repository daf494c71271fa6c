"""From a ref to a sealed release, with the live site untouched. Read it from top to bottom: this is what a release does."""

import posixpath

from tasks.config.models import App, Environment, SystemdService
from tasks.phases.host import command_settings, env_words, link_words
from tasks.phases.step import Phase, Step, Words

UNKNOWN = 50_000_000
"""Bytes that a build takes before it is known how large a release is: less, and no disk is worth a try."""


def build(environment: Environment) -> Phase:
    """The build, on one host."""
    links = link_words(environment)
    return Phase(
        "build",
        settings=command_settings(environment),
        runner="job",
        steps=(
            Step("begin", ("release_begin",)),
            Step("pre-flight", ("preflight_place",)),
            Step("pre-flight room", ("room_check", str(UNKNOWN))),
            Step("pre-flight runtime files", ("runtime_check",), "runtime_files"),
            Step("pre-flight persistent links", ("links_check", *links), "persistent_links"),
            Step("sweep", ("release_sweep",)),
            Step("fetch", ("git_fetch", environment.repository), "repository"),
            Step("resolve", ("git_resolve",)),
            Step("pre-flight settings", ("settings_check", *env_words(environment)), "env"),
            Step("worktree", ("git_worktree",)),
            Step("runtime files", ("runtime_copy",), "runtime_files"),
            *_commands("bootstrap", "apps", *(lane(app.name, app.path, app.bootstrap) for app in environment.apps)),
            *_drop(environment.apps),
            *_carry(environment),
            Step("persistent links", ("links_make", *links), "persistent_links"),
            Step("detach", ("git_detach",)),
            Step("move", ("release_move",)),
            *_commands("publish", "publish", lane("publish", ".", environment.publish)),
            *_writable(environment),
            *_commands("verify", "verify", lane("verify", ".", environment.verify)),
            Step("flush", ("release_flush",)),
            Step("seal", ("release_seal",)),
        ),
    )


def lane(label: str, folder: str, commands: tuple[str, ...]) -> Words:
    """Commands that run in order, in a directory of the release, their output labelled; nothing where there are none."""
    return (label, folder, str(len(commands)), *commands) if commands else ()


def _commands(name: str, key: str, *lanes: Words) -> tuple[Step, ...]:
    words = tuple(word for lane_words in lanes for word in lane_words)
    return (Step(name, ("commands_run", *words), key),) if words else ()


def _carry(environment: Environment) -> tuple[Step, ...]:
    words = ("assets_carry", str(environment.keep_releases), *environment.carry_assets)
    return (Step("carry assets", words, "carry_assets"),) if environment.carry_assets else ()


def _writable(environment: Environment) -> tuple[Step, ...]:
    """Which of the units is a php-fpm, and who its pools run as, is the host's to say."""
    units = tuple(dict.fromkeys(service.unit for service in environment.services if isinstance(service, SystemdService)))
    words = ("writable_make", str(len(units)), *units, *environment.writable)
    return (Step("writable", words, "writable"),) if environment.writable else ()


def _drop(apps: tuple[App, ...]) -> tuple[Step, ...]:
    paths = tuple(posixpath.normpath(f"{app.path}/{path}") for app in apps for path in app.drop)
    return (Step("drop", ("release_drop", *paths), "apps"),) if paths else ()
