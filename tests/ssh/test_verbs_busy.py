"""Exit code 6: somebody else holds the lock, or there is a hold."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.fab import Site, finish, until
from tests.support.forked import Forked

Make = Callable[..., Site]
SLOW = ["touch ~/slow; until [ -e ~/go-on ]; do sleep 0.05; done"]


@pytest.fixture
def busy(make: Make) -> Iterator[tuple[Site, Forked]]:
    """A build that goes on until it is let go."""
    site = make(apps={"web": {"bootstrap": SLOW}})
    running = site.start("build", "--ref", "v1.0")
    until((site.home / "slow").exists, running)
    yield site, running
    (site.home / "go-on").touch()
    finish(running, 0)
    for name in ("slow", "go-on"):
        (site.home / name).unlink()


@pytest.mark.parametrize("words", [("deploy", "--ref", "master"), ("post-release",), ("prune",)], ids=lambda words: words[0])
def test_second_run_is_told_who_and_what_and_since_when(busy: tuple[Site, object], words: tuple[str, ...]) -> None:
    site, _ = busy
    said = site.fab(*words, code=6).err
    lock = site.host["lock"]
    assert f"{lock['by']} holds the lock: build v1.0, since {lock['since']}" in said
    assert lock["what"] == "build v1.0"
    assert "fab -H sandbox attach" in said


def test_build_goes_on_while_others_are_refused(busy: tuple[Site, Forked]) -> None:
    site, running = busy
    site.fab("deploy", "--ref", "master", code=6)
    assert running.poll() is None


def test_verbs_that_only_read_do_not_wait_for_the_lock(busy: tuple[Site, object]) -> None:
    site, _ = busy
    for words in (("status",), ("releases",), ("history",), ("logs",), ("plan", "--ref", "master"), ("check",)):
        site.fab(*words)


def test_hold_stops_releases_says_who_and_why_and_ends(make: Make) -> None:
    site = make()
    site.fab("hold", "--reason", "it's\tFriday ✋\nreally")
    hold = site.host["hold"]
    assert hold["reason"] == "it's Friday ✋ really"
    for verb in ("build", "release", "deploy"):
        said = site.fab(verb, "--ref", "master", code=6).err
        assert f"on hold by {hold['by']} since {hold['since']}: {hold['reason']}" in said
        assert "fab -H sandbox unhold" in said
    assert site.names == []
    site.fab("unhold")
    assert site.host["hold"] is None
    site.fab("build", "--ref", "master")


def test_hold_never_stops_rollback_or_post_release(make: Make) -> None:
    site = make()
    first, _ = site.deploy(), site.deploy()
    site.fab("hold", "--reason", "no")
    site.fab("post-release")
    site.fab("rollback")
    assert site.live == first
