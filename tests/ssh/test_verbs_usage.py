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


def refused(site: Site, *words: str, host: str | None = "sandbox") -> str:
    """What is said to these words, which must end with 2, and must not make a host hear anything."""
    before = sessions(site.sandbox) if (site.sandbox.folder / "run" / "ssh.log").exists() else []
    ran = site.fab(*words, host=host, code=2)
    after = sessions(site.sandbox) if (site.sandbox.folder / "run" / "ssh.log").exists() else []
    assert after == before
    assert ran.out == ""
    return ran.err


def test_without_an_environment_the_names_there_are_told(site: Site) -> None:
    said = refused(site, "status", host=None)
    assert "no environment named" in said
    assert "has sandbox" in said


def test_unknown_environment_is_answered_with_the_names_there_are(site: Site) -> None:
    said = refused(site, "status", host="sandbx")
    assert "'sandbx'" in said
    assert f"{site.hosts_file} has sandbox" in said


@pytest.mark.parametrize("verb", ["build", "release", "deploy", "plan"])
@pytest.mark.parametrize("ref", [(), ("--ref", "")], ids=["missing", "empty"])
def test_verb_that_needs_a_ref_says_how_to_give_one(site: Site, verb: str, ref: tuple[str, ...]) -> None:
    assert f"fab -H sandbox {verb} --ref master" in refused(site, verb, *ref)


@pytest.mark.parametrize("verb", ["release", "deploy"])
def test_ref_and_name_together_are_refused(site: Site, verb: str) -> None:
    assert "cannot be given together" in refused(site, verb, "--ref", "master", "--name", "source-20260101T000000Z")


def test_hold_needs_a_reason(site: Site) -> None:
    assert "--reason" in refused(site, "hold")
    assert "--reason" in refused(site, "hold", "--reason", "  ")


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


def test_several_addresses_are_refused_for_now(site: Site) -> None:
    site.write(address=["127.0.0.1", "127.0.0.2"])
    said = refused(site, "deploy", "--ref", "master")
    assert "2 addresses" in said
    assert "one at a time" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("publish", ["echo " + "a" * 50_000]),
        ("apps", {"web": {"bootstrap": ["echo " + "'" * 20_000]}}),
        ("env", {"LONG": "ü" * 30_000}),
        ("migrate", ["true " + "b" * 60_000]),
    ],
)
def test_program_over_64_kb_names_the_largest_key(site: Site, key: str, value: object) -> None:
    site.write(**{key: value})
    said = refused(site, "release", "--ref", "master")
    assert f"; {key} takes" in said
    assert "Nothing was sent to any host." in said


@pytest.mark.parametrize(
    "words",
    [
        ("setup",),
        ("rollback",),
        ("rollback", "--to", "source-20260101T000000Z"),
        ("post-release",),
        ("prune",),
        ("hold", "--reason", "no"),
        ("unhold",),
    ],
    ids=" ".join,
)
def test_dry_run_of_a_verb_that_has_none_is_refused(site: Site, words: tuple[str, ...]) -> None:
    process = site.start("-H", "sandbox", *words, host=None)
    process.communicate()
    before = sessions(site.sandbox) if (site.sandbox.folder / "run" / "ssh.log").exists() else []
    dry = site.start("--dry", "-H", "sandbox", *words, host=None)
    _, err = dry.communicate()
    assert dry.returncode == 2, err
    assert f"{words[0]} has no dry run" in err
    assert sessions(site.sandbox) == before
