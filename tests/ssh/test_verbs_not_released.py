"""Exit code 3: it failed before the cutover, and the live site is as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.sandbox.world import Sandbox
from tests.support.fab import Site, finish, quick, until
from tests.support.snapshot import settled

Make = Callable[..., Site]
VERBS = (
    ("plan", "--ref", "master"),
    ("build", "--ref", "master"),
    ("release", "--ref", "master"),
    ("post-release",),
    ("deploy", "--ref", "master"),
    ("rollback",),
    ("status",),
    ("releases",),
    ("history",),
    ("logs",),
    ("hold", "--reason", "because"),
    ("unhold",),
    ("prune",),
)


@pytest.fixture(scope="module")
def empty(make: Make) -> Site:
    """Set up, and never released to."""
    return make()


def fails(site: Site, *words: str) -> str:
    """What is said to these words, which must end with 3 and leave live, releases and lock as they were."""
    before = (site.live, site.names)
    said = site.fab(*words, code=3).err
    assert (site.live, site.names) == before
    until(lambda: not site.locked)
    return said


def test_host_that_is_not_set_up_is_left_as_it_is_by_every_verb(make: Make) -> None:
    site = make(setup=False)
    before = settled(site.home)
    running = [site.start(*words) for words in VERBS]
    for process in running:
        assert "fab -H sandbox setup" in finish(process, 3).err
    assert settled(site.home) == before


def test_live_directory_is_not_set_up(make: Make) -> None:
    site = make()
    site.link.mkdir()
    assert "is a directory, not the live link" in site.fab("deploy", "--ref", "master", code=3).err


def test_ref_that_origin_does_not_have_names_its_branches(empty: Site) -> None:
    said = fails(empty, "deploy", "--ref", "mastr")
    assert "origin has no branch, tag or commit 'mastr'" in said
    assert "master" in said.replace("mastr'", "")


def test_ref_is_never_an_option(empty: Site, tmp_path: Path) -> None:
    made = tmp_path / "made"
    assert "no branch, tag or commit" in fails(empty, "build", f"--ref=--upload-pack=touch {made}")
    assert not made.exists()


def test_failed_build_shows_the_last_lines_of_the_command(make: Make) -> None:
    site = make(apps={"api": {"bootstrap": ["seq 100", "echo 'no such package: left-pad'; exit 9", "touch too-far"]}})
    said = fails(site, "deploy", "--ref", "master")
    assert "exited 9" in said
    assert "api | no such package: left-pad" in said
    assert "Live: nothing yet, unchanged." in said
    assert "fab -H sandbox logs" in said


def test_first_failure_ends_the_other_apps(make: Make) -> None:
    slow = ["echo $$ > ~/slow-pid; touch ~/slow-runs; exec sleep 300"]
    fast = ["until [ -e ~/slow-runs ]; do sleep 0.05; done; exit 1"]
    site = make(apps={"slow": {"bootstrap": slow}, "fast": {"bootstrap": fast}})
    assert "fast: " in fails(site, "build", "--ref", "master")
    assert not Path("/proc", (site.home / "slow-pid").read_text().strip()).exists()


def test_failure_after_the_move_leaves_live_as_it_was(make: Make) -> None:
    site = make()
    first = site.deploy()
    for key in ("publish", "verify"):
        site.write(publish=None, verify=None)
        site.write(**{key: ["echo broken >&2; false"]})
        said = fails(site, "deploy", "--ref", "master")
        assert f"{key} | broken" in said
        assert f"Live: {first}, unchanged." in said


def test_failed_migration_keeps_the_release_and_says_that_the_database_may_have_changed(make: Make) -> None:
    site = make(migrate=["exit 1"])
    said = site.fab("release", "--ref", "master", code=3).err
    assert "The database may have changed" in said
    assert list(site.states.values()) == ["good"]
    site.write(migrate=None)
    site.fab("release", "--name", site.names[0])
    assert site.live == site.names[0]


def test_nothing_to_roll_back_to(make: Make) -> None:
    site = make()
    site.deploy()
    assert "no good release before" in fails(site, "rollback")


def test_nothing_is_live_for_post_release(empty: Site) -> None:
    assert "nothing is live yet" in fails(empty, "post-release")


REFUSED = "sudo refuses ubuntu this command: supervisorctl restart releases"


def test_refused_sudo_fails_before_anything_is_written(fresh_sandbox: Sandbox, tmp_path: Path) -> None:
    site = quick(fresh_sandbox, tmp_path, live_link="source", services=[{"systemd": "site-web"}, {"supervisor": "releases"}])
    site.fab("setup")
    (fresh_sandbox.folder / "sudoers").write_text("systemctl restart site-web\nsystemctl reload *\n")
    before = settled(site.home), settled(fresh_sandbox.service_home)
    said = site.fab("deploy", "--ref", "master", code=3).err
    assert (REFUSED in said, "sudoers" in said) == (True, True)
    assert (settled(site.home), settled(fresh_sandbox.service_home)) == before
    for verb, why in (("rollback", "no good release before"), ("post-release", "nothing is live yet")):
        said = site.fab(verb, code=3).err
        assert (REFUSED in said, why in said) == (True, True), "the way back is only warned"


def test_live_changed_meanwhile_is_refused_and_the_release_stays(make: Make) -> None:
    site = make()
    first = site.deploy()
    second = site.deploy()
    site.write(apps={"web": {"bootstrap": ["touch ~/building; until [ -e ~/go-on ]; do sleep 0.05; done"]}})
    running = site.start("release", "--ref", "master")
    until((site.home / "building").exists, running)
    site.link.unlink()
    site.link.symlink_to(site.home / "releases" / first)
    (site.home / "go-on").touch()
    said = finish(running, 3).err
    assert f"another release went live since: {first}, and it was {second} when this run began" in said
    assert site.live == first
    third = site.names[-1]
    assert f"fab -H sandbox release --name {third}" in said
    site.fab("release", "--name", third)
    assert site.live == third


@pytest.mark.parametrize("name", ["source-20200101T000000Z", "../../etc"])
def test_name_that_is_no_release_is_refused(empty: Site, name: str) -> None:
    assert f"no complete release '{name}'" in fails(empty, "release", "--name", name)
