"""Exit code 2: what was typed, or what hosts.yml says, is wrong; no host hears of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.sandbox.world import Sandbox
from tests.support.fab import Site, quick, sessions

Make = Callable[..., Site]


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path) -> Site:
    return quick(sandbox, tmp_path, live_link="never-reached")


def refused(site: Site, *words: str, before: tuple[str, ...] = ("-H", "sandbox")) -> str:
    """What is said to these words, which must end with 2, and must not make a host hear anything."""
    heard = sessions(site.sandbox)
    ran = site.fab(*words, before=before, code=2)
    assert sessions(site.sandbox) == heard
    assert ran.out == ""
    return ran.err


def test_without_an_environment_the_names_there_are_told(site: Site) -> None:
    said = refused(site, "status", before=())
    assert "no environment named" in said
    assert "has sandbox" in said


def test_unknown_environment_is_answered_with_the_names_there_are(site: Site) -> None:
    said = refused(site, "status", before=("-H", "sandbx"))
    assert "'sandbx'" in said
    assert f"{site.hosts_file} has sandbox" in said


@pytest.mark.parametrize("verb", ["build", "release", "deploy", "plan"])
def test_verb_that_needs_a_ref_says_how_to_give_one(site: Site, verb: str) -> None:
    assert f"fab -H sandbox {verb} --ref master" in refused(site, verb)


def test_a_command_after_a_verb_is_refused(site: Site) -> None:
    assert "refused" in refused(site, "status", "--", "true")


def test_an_ssh_config_that_is_missing_is_named(site: Site, tmp_path: Path) -> None:
    said = refused(site, "status", before=("-S", str(tmp_path / "missing"), "-H", "sandbox"))
    assert f"{tmp_path}/missing does not exist" in said


@pytest.mark.parametrize("text", ["", "  "])
@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("--ref", ("deploy", "--ref")),
        ("--ref", ("plan", "--ref")),
        ("--name", ("release", "--name")),
        ("--name", ("logs", "--name")),
        ("--to", ("rollback", "--to")),
        ("--asset", ("prune", "--asset")),
        ("--host", ("status", "--host")),
        ("--reason", ("hold", "--reason")),
        ("--wait", ("deploy", "--ref", "master", "--wait")),
        ("--address", ("adopt", "--address")),
        ("--address", ("adopt",)),
    ],
)
def test_an_option_that_is_empty_is_none_that_was_left_out(site: Site, option: str, words: tuple[str, ...], text: str) -> None:
    assert f"{option} is empty" in refused(site, *words, text)


def test_ref_and_name_together_are_refused(site: Site) -> None:
    said = refused(site, "deploy", "--ref", "master", "--name", "source-20260101T000000Z")
    assert "cannot be given together" in said


def test_hold_needs_a_reason(site: Site) -> None:
    assert "--reason" in refused(site, "hold")


def test_every_mistake_of_hosts_yml_is_told_with_its_place(site: Site) -> None:
    site.write(keep_releases=0, services=[{"sistemd": "nginx"}], repositry="x")
    said = refused(site, "status")
    assert "3 mistakes" in said
    for words in ("hosts.sandbox.keep_releases", "hosts.sandbox.services[0]", "hosts.sandbox.repositry", "repository"):
        assert words in said


def test_hosts_file_that_is_not_there_is_named(site: Site) -> None:
    site.hosts_file.unlink()
    assert str(site.hosts_file) in refused(site, "status")


def test_sandbox_that_does_not_run_says_how_to_start_it(site: Site, tmp_path: Path) -> None:
    ran = site.fab("status", code=2, HOSTS_FILE="", SANDBOX_DIR=str(tmp_path / "nothing here"))
    assert "fab sandbox.start" in ran.err


@pytest.mark.parametrize(
    "words",
    [("setup",), ("rollback", "--to", "x"), ("post-release",), ("prune",), ("hold", "--reason", "x"), ("unhold",)],
    ids=lambda words: words[0],
)
def test_verb_without_a_dry_run_says_so(site: Site, words: tuple[str, ...]) -> None:
    said = refused(site, *words, before=("--dry", "-H", "sandbox"))
    assert f"{words[0]} has no dry run" in said
