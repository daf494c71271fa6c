"""Persistent links, drop and LFS: what is linked, left out or refused on the way from a work tree to a release."""

import os
from pathlib import Path
from typing import Any

import pytest

from tasks.host.build import links as persistent
from tasks.host.failure import Failed
from tasks.phases import report
from tests.functions.made import Made
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d7a' * 16}\nsize 12345\n"


@pytest.fixture
def media(host: LocalHost) -> Path:
    """What outlives releases."""
    folder = host.home / "efs/media, it's"
    folder.mkdir(parents=True)
    (folder / "poster").write_text("keep me")
    return folder


def linked(host: LocalHost, path: str, target: object, **more: Any) -> Path:
    host.use(persistent_links={path: target if isinstance(target, dict) else str(target)}, **more)
    return host.releases / host.release() / path


def refused(host: LocalHost, path: str, target: object, **more: Any) -> str:
    host.use(persistent_links={path: target if isinstance(target, dict) else str(target)}, **more)
    done = host.build()
    assert done.code == 3
    host.assert_clean()
    return done.failure if "fetch" in done.steps else f"before anything is built: {done.failure}"


def test_the_text_of_a_link_is_its_target(host: LocalHost, media: Path) -> None:
    assert str(linked(host, "public/deep/media", media).readlink()) == str(media)


def test_a_home_in_a_target_is_written_out(host: LocalHost, media: Path) -> None:
    assert str(linked(host, "media", "~/efs/media, it's").readlink()) == str(media)


@pytest.mark.parametrize(
    ("target", "why"), [("loop", "Too many levels of symbolic links"), ("file/below", "Not a directory")], ids=["loop", "file"]
)
def test_a_target_that_cannot_be_reached_is_not_said_to_be_missing(host: LocalHost, target: str, why: str) -> None:
    (host.home / "loop").symlink_to("loop")
    (host.home / "file").touch()
    said = refused(host, "media", host.home / target)
    assert said.startswith("before anything is built: ")
    assert said.endswith(why)


def test_a_target_that_is_missing_fails_before_anything_is_built(host: LocalHost) -> None:
    said = refused(host, "media", host.home / "nothing")
    assert said.startswith("before anything is built: ")
    assert "does not exist" in said


def test_a_mountpoint_that_is_not_mounted_fails_before_anything_is_built(host: LocalHost, media: Path) -> None:
    said = refused(host, "media", {"target": str(media), "mountpoint": str(media.parent)})
    assert said.startswith("before anything is built: ")
    assert "is not mounted" in said


def test_a_mountpoint_that_is_mounted_is_fine(host: LocalHost, media: Path) -> None:
    assert linked(host, "media", {"target": str(media), "mountpoint": "/proc"}).is_symlink()


@pytest.mark.parametrize("program", ["mountpoint", "stat"])
def test_a_file_server_that_does_not_answer_fails_the_build(
    host: LocalHost, media: Path, program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{host.shims}:{os.environ['PATH']}")
    monkeypatch.setattr(persistent, "ANSWER", 0.1)
    host.shim(program, "exec sleep 300")
    silent = "/proc" if program == "mountpoint" else str(media)
    with pytest.raises(Failed, match=f"^{silent} has not answered for 0.1 seconds$"):
        persistent.check(Made(), [("public/media", str(media), "/proc")])


def test_a_directory_that_git_has_whole_is_replaced_in_the_build(host: LocalHost, media: Path) -> None:
    host.origin.commit({"public/media/.gitkeep": "", "public/media/a/*": "tracked"})
    link = linked(host, "public/media", media)
    assert (str(link.readlink()), sorted(snapshot(media))) == (str(media), [".", "poster"])


@pytest.mark.parametrize("command", ["rm -rf .git", "rm -r .git; git init --quiet", "git rm -r --quiet --cached public"])
def test_what_the_commit_has_gives_way_whatever_a_build_does_to_its_git(host: LocalHost, media: Path, command: str) -> None:
    host.origin.commit({"public/media/.gitkeep": ""})
    link = linked(host, "public/media", media, apps={"web": {"bootstrap": [command]}})
    assert str(link.readlink()) == str(media)


def test_what_a_build_commits_is_refused_as_what_it_makes(host: LocalHost, media: Path) -> None:
    commands = ["echo made >public/media", "git add public", "git -c user.name=x -c user.email=x commit --quiet -m x"]
    assert "public/media for one" in refused(host, "public/media", media, apps={"web": {"bootstrap": commands}})


def test_two_links_that_a_commit_makes_one_place_are_refused(host: LocalHost, media: Path) -> None:
    host.origin.commit({"public/x": ""}, links={"web": "public"})
    host.use(persistent_links={"public/media": str(media), "web/media": str(media.parent)})
    done = host.build()
    assert (done.code, "public/media and web/media are one place" in done.failure) == (3, True)
    host.assert_clean()


def test_a_link_that_git_has_is_replaced_and_not_followed(host: LocalHost, media: Path, tmp_path: Path) -> None:
    host.origin.commit({}, links={"media": str(tmp_path)})
    assert str(linked(host, "media", media).readlink()) == str(media)


@pytest.mark.parametrize("name", ["new", ".new", "*", "[t]racked", ":(top)tracked", "-q"])
def test_a_directory_with_a_file_that_git_does_not_have_is_refused(host: LocalHost, media: Path, name: str) -> None:
    host.origin.commit({"media/tracked": ""})
    apps = {"web": {"bootstrap": [f"echo made > './media/{name}'"]}}
    assert f"media/{name}" in refused(host, "media", media, apps=apps)


def test_a_link_whose_directory_leads_out_of_the_build_is_refused(host: LocalHost, media: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    host.origin.commit({}, links={"assets": str(outside)})
    assert "leads out of the build" in refused(host, "assets/deep/media", media)
    assert list(outside.iterdir()) == []


def test_what_a_link_leads_to_survives_a_failed_build_and_pruning(host: LocalHost, media: Path) -> None:
    before = snapshot(media)
    host.use(persistent_links={"media": str(media)}, keep_releases=1)
    for _ in range(3):
        host.finish(host.release(), "ok")
    assert "pruned" in host.prune().texts("note")
    host.use(persistent_links={"media": str(media)}, verify=["exit 1"])
    assert host.build().code == 3
    assert snapshot(media) == before


def test_drop_leaves_out_what_is_not_needed_to_run(host: LocalHost) -> None:
    host.origin.commit({"apps/api/node_modules/x/y": "", "node_modules/z": ""})
    apps = {
        "api": {"path": "apps/api", "drop": ["node_modules", "never/there"]},
        "web": {"bootstrap": ["mkdir -p locked/in && chmod 500 locked"], "drop": ["locked"]},
    }
    host.use(apps=apps)
    release = host.releases / host.release()
    assert not (release / "apps/api/node_modules").exists()
    assert not (release / "locked").exists()
    assert (release / "node_modules/z").exists()


def test_drop_removes_a_link_and_not_what_it_leads_to(host: LocalHost, media: Path) -> None:
    host.use(apps={"web": {"bootstrap": [f'ln -s "{media}" cache'], "drop": ["cache"]}})
    assert not (host.releases / host.release() / "cache").is_symlink()
    assert (media / "poster").exists()


def test_drop_through_a_link_that_leads_out_is_refused(host: LocalHost, media: Path) -> None:
    host.use(apps={"web": {"bootstrap": [f'ln -s "{media}" cache'], "drop": ["cache/poster"]}})
    done = host.build()
    assert (done.code, done.failure) == (3, "drop: cache/poster leads out of the build")
    assert (media / "poster").exists()


@pytest.mark.parametrize("name", ["film.mp4", "with space\nand line", "é"])
def test_an_lfs_pointer_fails_with_what_to_install(host: LocalHost, name: str) -> None:
    host.origin.commit({name: POINTER, "films/.gitattributes": "*.mp4 filter=lfs diff=lfs merge=lfs -text\n"})
    done = host.build()
    assert done.code == 3
    assert "Git LFS pointers" in done.failure
    assert "git-lfs" in done.texts("fail")
    host.assert_clean()


def test_a_pointer_that_no_attribute_makes_one_is_a_text(host: LocalHost) -> None:
    host.origin.commit({"docs/pointer": POINTER, ".gitattributes": "*.sh eol=lf\n"})
    assert host.build().code == 0


@pytest.mark.parametrize("text", [f"# how\n{POINTER}", POINTER + "x" * 2000, f" {POINTER}"])
def test_a_text_about_lfs_is_no_pointer(host: LocalHost, text: str) -> None:
    host.origin.commit({"README": text, ".gitattributes": "*.mp4 filter=lfs\n"})
    assert host.build().code == 0


@pytest.mark.parametrize(
    ("then", "why"), [("gone", "does not exist"), ("gone and not linked there", ""), ("there", ""), ("linked elsewhere", "")]
)
def test_a_release_that_is_there_goes_live_only_where_its_own_links_lead_somewhere(
    host: LocalHost, media: Path, then: str, why: str
) -> None:
    place = linked(host, "media", media)
    if then != "there":
        media.rename(media.with_name("away"))
    if then == "gone and not linked there":
        place.unlink()
    elif then == "linked elsewhere":
        place.unlink()
        place.symlink_to(host.home)
    asked = host.run(report.named(host.environment), host.new_run("release", release=place.parent.name))
    assert (asked.code, why in asked.failure) == (3 if why else 0, True)
