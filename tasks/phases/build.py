"""From a ref to a sealed release, with the live site untouched. Read it from top to bottom: this is what a release does."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tasks.host import commands
from tasks.host.build import assets, inodes, ref, release, room, runtime, settings, worktree, writable
from tasks.host.build import links as persistent
from tasks.phases.links import links
from tasks.phases.links import writable as writable_paths
from tasks.phases.step import Phase, Step, name_of, step

if TYPE_CHECKING:
    from tasks.config.models import App, Environment

UNKNOWN = 50_000_000
"""Bytes that a build takes before it is known how large a release is: less, and no disk is worth a try."""

Lane = tuple[str, str, Sequence[str]]
"""A label, a directory of the release, and commands that run there in order."""


def build(environment: Environment) -> Phase:
    """The build, on one host. What it leaves when it fails is removed by `undo`."""
    carried = environment.carry_assets
    return Phase(
        "build",
        (
            step("begin", release.begin),
            step("pre-flight", release.preflight),
            step("pre-flight room", room.check, UNKNOWN),
            step("pre-flight runtime files", runtime.check, units(environment)),
            step("pre-flight persistent links", persistent.check, links(environment)),
            step("sweep", release.sweep),
            step("fetch", ref.fetch, environment.repository),
            step("resolve", ref.resolve),
            settings_step("pre-flight settings", environment),
            step("worktree", worktree.make),
            step("runtime files", runtime.copy),
            step("inodes of earlier releases", inodes.own_earlier),
            *commands_step("bootstrap", environment, *((app.name, app.path, app.bootstrap) for app in environment.apps)),
            *_drop(environment.apps),
            *((step("carry assets", assets.carry, environment.keep_releases, carried),) if carried else ()),
            step("persistent links", persistent.make, links(environment)),
            step("detach", worktree.detach),
            step("move", release.move),
            *commands_step("publish", environment, ("publish", ".", environment.publish)),
            *commands_step("verify", environment, ("verify", ".", verifying(environment))),
            *_writable(environment),  # after the last command of this user: it would run what the pool user has written
            step("inodes", inodes.own),
            step("flush", release.flush),
            step("seal", release.seal),
        ),
        kind="job",
        loud=True,
        undo=name_of(release.undo),
    )


def verifying(environment: Environment) -> tuple[str, ...]:
    """The commands of verify. Its requests come when the release is sealed."""
    return tuple(each for each in environment.verify if isinstance(each, str))


def commands_step(name: str, environment: Environment, *lanes: Lane) -> tuple[Step, ...]:
    """Commands of hosts.yml, lanes side by side; no step where there are none. Each command may take step_timeout."""
    some = tuple(lane for lane in lanes if lane[2])
    longest = max((len(lane[2]) for lane in some), default=0)
    seconds = environment.step_timeout * (longest + 1.0)
    return (step(name, commands.run_lanes, some).lasting(seconds),) if some else ()


def settings_step(name: str, environment: Environment, *, only_warn: bool = False) -> Step:
    """APP_ENV, and where a .env may lie: in the directory of the site and in that of each app."""
    folders = tuple(dict.fromkeys([".", *(posixpath.normpath(app.path) for app in environment.apps)]))
    function = settings.warn if only_warn else settings.check
    return step(name, function, environment.env.get("APP_ENV", "prod"), folders)


def _writable(environment: Environment) -> tuple[Step, ...]:
    """Which of the units is a php-fpm, and who its pools run as, is the host's to say."""
    paths = writable_paths(environment)
    return (step("writable", writable.make, units(environment), paths),) if paths else ()


def units(environment: Environment) -> tuple[str, ...]:
    """The services that are units, of which some may be a php-fpm."""
    return tuple(dict.fromkeys(service.name for service in environment.services if service.kind == "systemd"))


def _drop(apps: tuple[App, ...]) -> tuple[Step, ...]:
    paths = tuple(posixpath.normpath(f"{app.path}/{path}") for app in apps for path in app.drop)
    return (step("drop", release.drop, paths),) if paths else ()
