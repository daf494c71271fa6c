"""A mere build blocks no emergency rollback; who moves or serves what is live does, and a build that has ended waits for it."""

from collections.abc import Callable, Iterator
from shlex import quote

import pytest

from tests.support.fab import Site, finish, heard, until
from tests.support.forked import Forked

Make = Callable[..., Site]


class Paused:
    """A command that waits on the host until it is let go."""

    def __init__(self, site: Site, name: str) -> None:
        self.at, self.go = site.home / f"{name}-{site.link.name}", site.home / f"{name}-{site.link.name}.go"
        self.command = f"touch {quote(str(self.at))}; until [ -e {quote(str(self.go))} ]; do sleep 0.05; done"

    def reached(self, running: Forked) -> None:
        until(self.at.exists, running)


@pytest.fixture
def site(make: Make) -> Iterator[Site]:
    """Two releases, the newer live."""
    site = make(keep_releases=50)
    site.deploy("v1.0")
    site.deploy("master")
    yield site
    until(lambda: not site.locked)


@pytest.mark.parametrize("place", ["bootstrap", "publish", "verify"])
@pytest.mark.parametrize("verb", ["release", "deploy", "build"])
def test_a_rollback_passes_by_a_build_whatever_it_is_for(site: Site, verb: str, place: str) -> None:
    paused, (first, second) = Paused(site, "built"), site.names
    site.write(**({"apps": {"web": {"bootstrap": [paused.command]}}} if place == "bootstrap" else {place: [paused.command]}))
    running = site.start(verb, "--ref", "v1.0")
    paused.reached(running)
    assert "is passed by: it is a build" in site.fab("rollback").err
    assert site.live == first
    paused.go.touch()
    said = finish(running, 0 if verb == "build" else 3).said
    assert site.live == first
    assert (verb == "build") or f"another release went live since: {first}, and it was {second}" in said
    built = site.names[-1]
    assert site.states[built] == "good"
    assert (verb == "build") or f"next: fab -H sandbox {verb} --name {built} # {built} stays built" in said
    site.write(apps={"web": {"bootstrap": ["true"]}}, publish=None, verify=None)
    site.fab("release", "--name", built)
    assert site.live == built


def test_migrations_are_not_passed_by(site: Site) -> None:
    paused, second = Paused(site, "migrated"), site.live
    site.write(migrate=[paused.command])
    running = site.start("release", "--ref", "v1.0")
    paused.reached(running)
    assert "holds the lock" in site.fab("rollback", code=6).err
    assert site.live == second
    paused.go.touch()
    finish(running, 0)


def test_a_build_that_has_ended_waits_for_the_post_release_of_a_rollback(site: Site) -> None:
    building, serving, (first, _) = Paused(site, "building"), Paused(site, "serving"), site.names
    site.write(apps={"web": {"bootstrap": [building.command]}}, services=[{"run": serving.command}])
    running = site.start("release", "--ref", "v1.0")
    building.reached(running)
    back = site.start("rollback")
    serving.reached(back)
    building.go.touch()
    assert "waiting: what is live is being moved or served" in heard(running, "waiting:")
    assert site.live == first
    serving.go.touch()
    finish(back, 0)
    assert "another release went live since" in finish(running, 3).said
    assert site.live == first


def test_it_waits_no_longer_than_its_patience_and_stays_built(site: Site) -> None:
    building, serving, (first, _) = Paused(site, "building"), Paused(site, "serving"), site.names
    site.write(apps={"web": {"bootstrap": [building.command]}}, services=[{"run": serving.command}])
    running = site.start("release", "--ref", "v1.0", "--patience", "1")
    building.reached(running)
    back = site.start("rollback")
    serving.reached(back)
    building.go.touch()
    assert "stays built" in finish(running, 6).said
    serving.go.touch()
    finish(back, 0)
    assert site.live == first
