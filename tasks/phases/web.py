"""Who serves the site on a host: asked by `check`, and before a release goes live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.host.check import reach
from tasks.phases.links import links
from tasks.phases.step import Step, step

if TYPE_CHECKING:
    from tasks.config.models import Environment

Pairs = tuple[tuple[str, str], ...]


def units(environment: Environment) -> Pairs:
    """Action and name of the services that are units."""
    return tuple((each.action, each.name) for each in environment.services if each.kind == "systemd")


def reached(environment: Environment, *, warns: bool = False) -> tuple[Step, ...]:
    """Would visitors reach a release? `warns`: nothing is refused. Where nothing is to be served, nobody is asked."""
    return (step("web", reach.require, units(environment), links(environment), warns),) if environment.services else ()
