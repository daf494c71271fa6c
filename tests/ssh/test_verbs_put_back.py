"""Exit codes 4 and 5: it failed after the cutover, and the new release is live, or the one before is again."""

import json
from collections.abc import Callable

import pytest

from tasks.sandbox.world import Sandbox
from tests.support.fab import Site, sample

Make = Callable[..., Site]
ONLY_V1 = [{"run": "echo serving $RELEASE_NAME; [ $RELEASE_REF = v1.0 ]"}]


@pytest.fixture
def site(make: Make) -> Site:
    """Its post-release goes well for v1.0 only, which is live."""
    site = make(services=ONLY_V1)
    site.deploy("v1.0")
    return site


def test_first_release_stays_live_when_its_post_release_fails(make: Make) -> None:
    site = make(services=ONLY_V1)
    said = site.fab("deploy", "--ref", "master", code=4).err
    assert site.live == site.names[0]
    assert "There is no release before it to put back." in said
    assert f"Live: {site.live}, since this run. Post-release is pending." in said
    host = site.host
    assert host["live"]["state"] == "live"
    assert host["post_release_pending"]


def test_post_release_that_fails_says_that_it_is_not_done(make: Make) -> None:
    site = make()
    site.deploy()
    site.write(services=[{"run": "echo no memory; exit 1"}])
    said = site.fab("post-release", code=4).err
    assert "post-release | no memory" in said
    assert f"Live: {site.live}, unchanged. Post-release is not done." in said
    site.write(services=[{"run": "true"}])
    site.fab("post-release")
    assert not site.host["post_release_pending"]


def test_release_before_is_put_back_and_the_new_one_is_marked_bad(site: Site) -> None:
    first = site.live
    said = site.fab("deploy", "--ref", "master", code=5).err
    failed = site.names[-1]
    assert site.live == first
    assert site.states == {failed: "bad", first: "live"}
    assert f"{first} is live again, and its post-release went well. {failed} is marked bad." in said
    assert f"fab -H sandbox deploy --name {failed}" in said
    assert not site.host["post_release_pending"]


def test_put_back_is_said_even_when_the_old_post_release_fails_again(site: Site) -> None:
    first = site.live
    site.write(services=[{"run": "exit 1"}])
    said = site.fab("deploy", "--ref", "v1.0", code=5).err
    assert site.live == first
    assert f"{first} is live again, but its own post-release failed" in said
    assert site.host["post_release_pending"]


def test_put_back_says_that_migrations_are_not_undone(site: Site) -> None:
    site.write(migrate=["true"])
    assert "Migrations are not undone." in site.fab("deploy", "--ref", "master", code=5).err


def test_release_that_was_put_back_can_be_tried_again(site: Site) -> None:
    site.fab("deploy", "--ref", "master", code=5)
    failed = site.names[-1]
    site.write(services=[{"run": "true"}])
    site.fab("deploy", "--name", failed)
    assert site.live == failed
    assert site.states[failed] == "live"


def test_nothing_is_put_back_over_a_release_that_is_not_its_own(site: Site) -> None:
    """Somebody else's cutover, while this post-release was failing."""
    other = site.home / "releases" / "by-hand"
    other.mkdir()
    site.write(services=[{"run": f"ln -sfn '{other}' '{site.link}'; exit 1"}])
    said = site.fab("deploy", "--ref", "master", code=4).err
    assert site.live == "by-hand"
    assert "Somebody else released since, and that stays." in said


@pytest.fixture(scope="module")
def served(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site of the sandbox, with real services and health checks, v1.0 live."""
    site = sample(sandbox, tmp_path_factory.mktemp("site"))
    site.fab("setup")
    site.deploy("v1.0")
    return site


def test_failed_health_check_puts_the_release_before_back(served: Site) -> None:
    first, health = served.live, served.keys["health"]
    served.write(health=[{**health[0], "contains": "a word that is not there", "within": 1}])
    said = served.fab("deploy", "--ref", "master", code=5).err
    served.write(health=health)
    assert "is not healthy after 1 seconds" in said
    assert served.live == first


def test_failed_service_puts_the_release_before_back(served: Site) -> None:
    first = served.live
    (served.sandbox.folder / "run/fail/releases").write_text("once")
    said = served.fab("deploy", "--ref", "master", code=5).err
    assert served.live == first
    assert f"{first} is live again, and its post-release went well" in said
    last = json.loads((served.state / "history").read_text().splitlines()[-1])
    assert (last["event"], last["name"], last["outcome"]) == ("post-release", first, "ok")
