"""Persistent links, as steps take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.config.models import Environment


def links(environment: Environment) -> tuple[tuple[str, str, str], ...]:
    """A path in the release, its target, and the mountpoint that the target is on, "" where none is named."""
    return tuple((link.path, link.target, link.mountpoint or "") for link in environment.persistent_links)


def writable(environment: Environment) -> tuple[str, ...]:
    """What the pools of php-fpm must be able to write to: paths of the release, and the persistent links below them."""
    below = (path for path in paths(environment) if any(path.startswith(f"{each}/") for each in environment.writable))
    return tuple(dict.fromkeys((*environment.writable, *below)))


def paths(environment: Environment) -> tuple[str, ...]:
    """Their paths in the release."""
    return tuple(link.path for link in environment.persistent_links)
