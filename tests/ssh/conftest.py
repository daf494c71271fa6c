"""A sandbox for the tests that need a host, one for a whole module or a fresh one for a test, and sites to release to it."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tasks.sandbox import world
from tasks.sandbox.world import Sandbox
from tests.support.fab import Site, quick, until
from tests.support.fleet_ground import Ground

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


@pytest.fixture(scope="module")
def released(make: Callable[..., Site]) -> Site:
    """A site of the module's own, with a release that is live."""
    site = make()
    site.deploy("v1.0")
    return site


@pytest.fixture
def live(released: Site) -> Iterator[Site]:
    """That site. Whoever waits in a command of it goes on afterwards; its hosts.yml and its host's tools are its own again."""
    keys = dict(released.keys)
    yield released
    (released.home / "go-on").touch()
    until(lambda: not released.locked)
    released.write(**{**dict.fromkeys(released.keys), **keys})
    (released.sandbox.folder / "run" / "path").unlink(missing_ok=True)
    for home in (released.home, released.sandbox.service_home):
        for name in ("pid", "held", "cut", "go-on"):
            (home / name).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def three_hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Three hosts that are one environment, and that the tests of a module share."""
    with Ground(tmp_path_factory.mktemp("ground")) as ground:
        yield ground


@pytest.fixture
def ground(three_hosts: Ground) -> Iterator[Ground]:
    """Those, alike and idle. Nothing waits, fails or is cut any more afterwards."""
    keys = dict(three_hosts.fleet.keys)
    yield three_hosts
    three_hosts.clear()
    three_hosts.fleet.write(**{**dict.fromkeys(three_hosts.fleet.keys), **keys})
