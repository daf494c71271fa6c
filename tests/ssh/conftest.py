"""A sandbox for the tests that need a host, one for a whole module or a fresh one for a test, and sites to release to it."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tasks.sandbox import world
from tasks.sandbox.world import Sandbox
from tests.support.fab import Site, quick

_LINKS = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A host that the tests of a module share."""
    folder = tmp_path_factory.mktemp("host") / "a sandbox"
    yield world.start(folder)
    world.stop(folder)


@pytest.fixture
def fresh_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A host that a test may change as it likes."""
    folder = tmp_path_factory.mktemp("host") / "a fresh sandbox"
    yield world.start(folder)
    world.stop(folder)


@pytest.fixture(scope="module")
def make(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Site]:
    """Make a site with these keys of hosts.yml on the shared host, under a live link of its own, and set it up."""

    def made(*, setup: bool = True, **keys: Any) -> Site:
        link = f"site-{next(_LINKS)}"
        site = quick(sandbox, tmp_path_factory.mktemp(link), **{"live_link": link, **keys})
        if setup:
            site.fab("setup")
        return site

    return made
