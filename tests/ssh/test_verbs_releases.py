"""Which release is live, which was before, which is kept: rollback, --to, --name, prune, history and logs."""

from collections.abc import Callable

import pytest

from tests.support.fab import Site
from tests.support.snapshot import settled

Make = Callable[..., Site]


@pytest.fixture(scope="module")
def three(make: Make) -> Site:
    """Three releases, the newest live; the tests that use it leave it so."""
    site = make()
    for ref in ("v1.0", "master", "feature/new-design"):
        site.deploy(ref)
    return site


def refused(site: Site, *words: str) -> str:
    """What is said to a rollback that must change nothing."""
    before = settled(site.home / "releases"), site.live
    said = site.fab(*words, code=3).err
    assert (settled(site.home / "releases"), site.live) == before
    return said


def test_rollback_goes_to_what_was_live_before_not_to_the_second_newest(make: Make) -> None:
    site = make()
    first, second = site.deploy(), site.deploy()
    site.fab("build", "--ref", "master")
    third = site.names[-1]
    site.fab("release", "--name", first)
    site.fab("rollback")
    assert site.live == second
    assert site.states == {third: "good", second: "live", first: "bad"}


def test_rollback_twice_goes_two_back_and_then_there_is_nothing(make: Make) -> None:
    site = make()
    first, second, third = (site.deploy() for _ in range(3))
    site.fab("rollback")
    assert site.live == second
    site.fab("rollback")
    assert site.live == first
    assert site.states == {third: "bad", second: "bad", first: "live"}
    assert "no good release before" in refused(site, "rollback")


def test_rollback_skips_what_is_bad(make: Make) -> None:
    site = make()
    first, second = site.deploy(), site.deploy()
    site.fab("build", "--ref", "master")
    built = site.names[-1]
    site.fab("rollback", "--to", built)
    assert site.states == {built: "live", second: "bad", first: "good"}
    site.fab("rollback")
    assert site.live == first


def test_rollback_to_a_release_that_is_named_says_that_it_is_bad(make: Make) -> None:
    site = make()
    first, second = site.deploy(), site.deploy()
    site.fab("rollback", "--to", first)
    assert site.live == first
    said = site.fab("rollback", "--to", second).err
    assert site.live == second
    assert f"{second} is marked bad" in said


def test_release_forward_again_clears_bad(make: Make) -> None:
    site = make()
    first, second = site.deploy(), site.deploy()
    site.fab("rollback")
    assert site.states == {second: "bad", first: "live"}
    site.fab("release", "--name", second)
    assert site.states == {second: "live", first: "good"}
    assert site.host["previous"] == first


def test_rollback_to_what_is_live_is_refused(three: Site) -> None:
    assert f"{three.live} is live already" in refused(three, "rollback", "--to", three.live)


def test_rollback_to_what_is_not_there_is_refused(three: Site) -> None:
    missing = f"{three.link.name}-20200101T000000Z"
    assert f"no complete release '{missing}'" in refused(three, "rollback", "--to", missing)


@pytest.mark.parametrize("name", ["../../etc", "..", "*", "-x", "/etc"])
def test_rollback_to_what_is_no_name_is_refused(three: Site, name: str) -> None:
    assert "no complete release" in refused(three, "rollback", f"--to={name}")


def test_rollback_to_an_incomplete_release_is_refused(three: Site) -> None:
    """A directory with a release's name, and without its seal."""
    incomplete = f"{three.link.name}-20990101T000000Z"
    (three.home / "releases" / incomplete).mkdir()
    assert "no complete release" in refused(three, "rollback", "--to", incomplete)
    (three.home / "releases" / incomplete).rmdir()


def test_build_is_released_by_its_name(make: Make) -> None:
    site = make()
    first = site.deploy("v1.0")
    out = site.fab("build", "--ref", "master").out
    built = site.names[-1]
    assert f"{built} is built, and not live" in out
    assert f"fab -H sandbox release --name {built}" in out
    assert site.live == first
    site.fab("release", "--name", built)
    assert site.live == built
    assert site.names == [first, built]


def test_same_commit_is_built_anew(make: Make) -> None:
    site = make()
    assert site.deploy("v1.0") != site.deploy("v1.0")
    assert len({release["commit"] for release in site.host["releases"]}) == 1


def test_keep_releases_counts_every_release_and_spares_the_one_before(make: Make) -> None:
    site = make(keep_releases=2)
    made = [site.deploy() for _ in range(3)]
    assert site.names == made[1:]
    site.write(keep_releases=1)
    site.fab("prune")
    assert site.names == made[1:]


def test_prune_removes_what_keep_releases_no_longer_keeps(make: Make) -> None:
    site = make()
    live = site.deploy()
    for _ in range(2):
        site.fab("build", "--ref", "master")
    foreign = site.home / "releases" / f"{site.link.name}-20200101T000000Z"
    foreign.mkdir()
    newest = site.names[-1]
    site.write(keep_releases=1)
    site.fab("prune")
    assert site.names == [foreign.name, live, newest]


def test_history_tells_who_did_what(make: Make) -> None:
    site = make()
    first = site.deploy("v1.0")
    second = site.deploy("master")
    site.fab("rollback")
    lines = site.fab("history").out.splitlines()
    told = "\n".join(line.split("  ", 3)[-1].strip() for line in lines[1:])
    assert f"built {first} from v1.0" in told
    assert f"{second} live, before it {first}" in told
    assert f"back to {first}, from {second}" in told
    by = site.host["live"]["by"]
    assert all(by in line for line in lines[2:])


def test_logs_show_what_a_build_said(make: Make) -> None:
    site = make(apps={"web": {"bootstrap": ["echo built $RELEASE_REF; echo to stderr >&2"]}})
    first = site.deploy("v1.0")
    site.deploy("master")
    assert "web | built master" in site.fab("logs").out
    older = site.fab("logs", "--name", first).out
    assert "web | built v1.0" in older
    assert "web | to stderr" in older


def test_logs_of_a_build_that_failed_are_kept(make: Make) -> None:
    site = make(apps={"web": {"bootstrap": ["echo what a pity; exit 1"]}})
    site.fab("build", "--ref", "master", code=3)
    assert "web | what a pity" in site.fab("logs").out


def test_logs_of_nothing_are_refused(three: Site) -> None:
    assert "no log of ../../../etc/passwd" in three.fab("logs", "--name", "../../../etc/passwd", code=3).err
