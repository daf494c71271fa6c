"""plan, and every dry run: what would be done is told, and nothing but repo.git is touched."""

import re
from collections.abc import Callable

import pytest

from tests.support.fab import Ran, Site, push
from tests.support.snapshot import settled

Make = Callable[..., Site]


@pytest.fixture(scope="module")
def site(make: Make) -> Site:
    """v1.0 is live, and feature/new-design built."""
    site = make(
        apps={"web": {"bootstrap": ["echo built", "echo again"]}, "api": {"path": "apps/api"}},
        publish=["echo published"],
        services=[{"systemd": "site-web", "action": "reload"}],
        health=[{"url": "http://127.0.0.1:1/health"}],
        keep_releases=1,
    )
    site.write(services=[], health=[])
    site.deploy("v1.0")
    site.fab("build", "--ref", "feature/new-design")
    site.write(services=[{"systemd": "site-web", "action": "reload"}], health=[{"url": "http://127.0.0.1:1/health"}])
    return site


def unchanged(site: Site, run: Callable[[], Ran]) -> str:
    """What a run prints that must leave both homes as they were, but for repo.git."""
    homes = site.home, site.sandbox.service_home
    before = [settled(home, "repo.git") for home in homes]
    ran = run()
    assert [settled(home, "repo.git") for home in homes] == before
    assert not site.locked
    return ran.out


def test_plan_tells_commits_and_files_since_live_and_changes_nothing(site: Site) -> None:
    out = unchanged(site, lambda: site.fab("plan", "--ref", "master"))
    assert "2 commits, 3 files" in out
    assert "Address of the box office" in out
    assert "assets/app.css" in out
    assert "BACKWARDS" not in out


def test_plan_tells_what_is_built_and_which_services_are_touched(site: Site) -> None:
    out = site.fab("plan", "--ref", "master").out
    for words in ("web  in ., 2 commands", "api  in apps/api", "echo published", "systemd site-web (reload)", "/health"):
        assert words in out


def test_plan_warns_of_commits_that_would_be_left_out(make: Make) -> None:
    site = make()
    site.deploy("master")
    out = site.fab("plan", "--ref", "v1.0").out
    assert "BACKWARDS" in out
    assert "2 commits of what is live would be left out" in out


def test_plan_of_what_is_live_says_that_nothing_is_new(site: Site) -> None:
    assert "this commit is live" in site.fab("plan", "--ref", "v1.0").out


def test_plan_tells_new_migrations_that_nothing_would_run(site: Site) -> None:
    push(site.sandbox, "migrating", {"migrations/Version1.php": "<?php"})
    out = site.fab("plan", "--ref", "migrating").out
    assert "migrations/Version1.php" in out
    assert "nothing would run them" in out


def test_plan_tells_just_what_the_release_then_prunes(make: Make) -> None:
    site = make(keep_releases=2)
    site.deploy()
    site.deploy()
    before = site.names
    listed = site.fab("plan", "--ref", "master").out
    told = set(re.findall(r"prune +(\S+)", listed))
    site.deploy()
    assert told == set(before) - set(site.names) == {before[0]}


def test_plan_of_an_unknown_ref_fails(site: Site) -> None:
    assert "no branch, tag or commit 'nope'" in site.fab("plan", "--ref", "nope", code=3).err


@pytest.mark.parametrize("verb", ["build", "release", "deploy"])
def test_dry_run_is_the_plan_and_changes_nothing(site: Site, verb: str) -> None:
    out = unchanged(site, lambda: site.dry(verb, "--ref", "master"))
    assert out == site.fab("plan", "--ref", "master").out


def test_dry_run_of_a_release_that_is_built_says_so(site: Site) -> None:
    built = site.names[-1]
    out = unchanged(site, lambda: site.dry("release", "--name", built))
    assert "nothing: it is built already" in out


@pytest.mark.parametrize("words", [("status",), ("history", "--json"), ("plan", "--ref", "master")], ids=lambda words: words[0])
def test_verb_that_only_reads_does_so_in_a_dry_run_too(site: Site, words: tuple[str, ...]) -> None:
    assert unchanged(site, lambda: site.dry(*words)) == site.fab(*words).out
