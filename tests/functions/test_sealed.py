"""Promise 2: a sealed release is complete and needs nothing else; what has no seal is no release, whoever left it."""

import errno
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tasks.host import files
from tasks.host.build import release
from tasks.phases.build import build
from tests.functions.made import Made, set_up
from tests.support.host import LocalHost
from tests.support.origin import Origin
from tests.support.snapshot import snapshot

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_the_seal_has_every_field_of_the_contract(host: LocalHost) -> None:
    first = host.release()
    second = host.release("refs/heads/master")
    seal = host.seal(second)
    assert {key: seal[key] for key in ("name", "live_link", "ref", "commit", "by", "built_from")} == {
        "name": second,
        "live_link": "source",
        "ref": "refs/heads/master",
        "commit": host.origin.first,
        "by": "anna@laptop",
        "built_from": first,
    }
    assert TIME.fullmatch(seal["built_at"])
    assert seal["host"]
    assert seal["tool"]
    assert all(isinstance(seal["timings"][step], int) for step in ("fetch", "worktree", "move", "flush"))


def test_a_first_release_was_built_from_nothing(host: LocalHost) -> None:
    assert host.seal(host.release())["built_from"] is None


@pytest.fixture
def with_submodules(host: LocalHost, tmp_path: Path) -> LocalHost:
    inner, outer = Origin(tmp_path / "inner"), Origin(tmp_path / "outer")
    inner.commit({"inner.txt": "inner\n"})
    outer.submodule(inner, "lib/inner module")
    host.origin.submodule(outer, "lib/outer")
    return host


def test_submodules_are_initialised_all_the_way_down(with_submodules: LocalHost) -> None:
    release = with_submodules.releases / with_submodules.release()
    assert (release / "lib/outer/lib/inner module/inner.txt").read_text() == "inner\n"


def test_no_git_is_left_in_a_release_and_no_record_of_it_in_the_repository(with_submodules: LocalHost) -> None:
    with_submodules.use(apps={"web": {"bootstrap": ["mkdir -p vendor && git init -q vendor/package"]}})
    release = with_submodules.releases / with_submodules.release()
    assert not list(release.rglob(".git"))
    with_submodules.assert_clean()


def test_a_release_works_without_the_repository_and_without_the_builds(host: LocalHost) -> None:
    host.origin.commit({"run": "cat index.html\n"})
    host.release()
    release = host.live.resolve()
    texts = [path.read_bytes() for path in release.rglob("*") if path.is_file()]
    assert not [text for text in texts if str(host.builds).encode() in text]
    shutil.rmtree(host.builds)
    said = subprocess.run(["bash", "run"], cwd=host.live, check=True, capture_output=True, text=True).stdout
    assert said == "hello\n"


def test_a_directory_without_a_seal_is_neither_counted_nor_gone_back_to(host: LocalHost) -> None:
    first, second = host.release(), host.release()
    (host.releases / first / "release.json").unlink()
    state = host.state()
    assert [release["name"] for release in state["releases"]] == [second]
    assert state["previous"] is None
    assert state["foreign"] == [first]
    assert host.cut_over("", "rollback").code == 3
    host.assert_live(second)


@pytest.mark.parametrize("spoilt", ["", "{", "[]", '{"name": 1}', "[" * 100_000, '{"name": "source-20000101T000000Z"}', "\x00"])
def test_a_spoilt_seal_is_no_seal(host: LocalHost, spoilt: str) -> None:
    name = host.release()
    (host.releases / name / "release.json").write_text(spoilt)
    assert host.cut_over(name).code == 3
    assert host.state()["releases"] == []


def test_a_directory_of_the_same_name_elsewhere_is_not_released(host: LocalHost) -> None:
    name = host.release()
    outside = host.home / "elsewhere" / name
    shutil.copytree(host.releases / name, outside)
    assert host.cut_over(f"../elsewhere/{name}").code == 3


@pytest.mark.parametrize("made", ["tracked", "generated"])
def test_a_build_with_a_seal_of_its_own_is_refused_and_leaves_nothing(host: LocalHost, made: str) -> None:
    if made == "tracked":
        host.origin.commit({"release.json": "{}"})
    else:
        host.use(apps={"web": {"bootstrap": ["echo {} > release.json"]}})
    done = host.build()
    assert done.code == 3
    assert "release.json" in done.failure
    host.assert_clean()


def test_a_seal_that_a_command_forges_does_not_save_a_failed_build(host: LocalHost) -> None:
    host.use(publish=["echo {} > release.json", "exit 1"])
    assert host.build().code == 3
    host.assert_clean()


def test_a_foreign_directory_with_the_name_of_a_build_is_never_removed(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": ["true"]}})
    with host.lock() as locked:
        theirs = host.releases / locked.run.release / "theirs"
        theirs.mkdir(parents=True)
        done = host.run(build(host.environment), locked.run)
    assert done.code == 3
    assert theirs.is_dir()
    assert host.build().code == 0
    assert theirs.is_dir()


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_a_command_made_in_the_place_of_the_seal_is_replaced_and_not_followed(host: LocalHost, kind: str) -> None:
    precious = host.home / "authorized_keys"
    precious.write_text("key")
    command = (
        "ln -s {0} release.json; ln -s {0} .release.json" if kind == "link" else "echo x >release.json; echo x >.release.json"
    )
    host.use(publish=[command.format(precious)])
    name = host.release()
    assert precious.read_text() == "key"
    assert host.seal(name)["name"] == name
    assert not (host.releases / name / "release.json").is_symlink()
    assert (host.releases / name / ".release.json").is_symlink() == (kind == "link")


@pytest.mark.parametrize("key", ["apps", "drop", "verify"])
def test_a_command_that_puts_a_link_to_the_live_release_in_its_own_place_changes_nothing_there(
    host: LocalHost, key: str
) -> None:
    live = host.release()
    swap = f'mv "$PWD" {host.home}/gone && ln -s {host.releases / live} "$PWD"'
    drop = {"drop": ["index.html"]} if key == "drop" else {}
    host.use(**({"verify": [swap]} if key == "verify" else {"apps": {"web": {"bootstrap": [swap], **drop}}}))
    before = snapshot(host.releases / live)
    assert host.build().code == 3
    assert snapshot(host.releases / live) == before
    host.assert_clean()


def test_a_seal_that_could_not_be_written_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = sealing(monkeypatch, tmp_path)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "write_all", full)
    with pytest.raises(OSError, match="No space left") as raised:
        release.seal(run)
    assert raised.value.filename == run.release_path
    assert [path.name for path in Path(run.release_path).iterdir()] == ["index.html"]


def test_a_release_is_flushed_before_it_is_sealed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = sealing(monkeypatch, tmp_path)
    seen: list[str] = []

    def synced(name: str, *_: object, path: str) -> None:
        assert (name, path) == ("syncfs", run.releases)
        seen.extend(file.name for file in Path(run.release_path).iterdir())

    monkeypatch.setattr(files, "system_call", synced)
    release.flush(run)
    release.seal(run)
    assert seen == ["index.html"]


def test_the_seal_is_on_disk_before_it_has_its_name_and_its_name_before_history(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = sealing(monkeypatch, tmp_path)
    order: list[str] = []
    rename, fsync = os.rename, os.fsync

    def renamed(*names: Any, **places: Any) -> None:
        order.append("rename")
        rename(*names, **places)

    def flushed(descriptor: int) -> None:
        order.append(re.sub(r"(\.json)\.\w+$", r"\1", Path(f"/proc/self/fd/{descriptor}").readlink().name))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(os, "rename", renamed)
    release.seal(run)
    assert order == [".release.json", "rename", run.release, "releases", "history"]


def sealing(monkeypatch: pytest.MonkeyPatch, home: Path) -> Made:
    """A run that is about to flush and seal its release."""
    set_up(home)
    monkeypatch.setenv("HOME", str(home))
    (home / "builds/source/history").write_text("{}\n")
    run = Made(release="source-20260101T000000Z")
    Path(run.release_path).mkdir()
    Path(run.release_path, "index.html").write_text("hello")
    return run
