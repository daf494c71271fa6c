"""The asset pool: filled with what is live and what is to be, never over a name, through no link, and never half."""

import errno
import json
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.host import files, tree
from tasks.host.assets import pool
from tasks.host.failure import Failed
from tasks.host.lock import lost
from tasks.host.run import Protection, Run
from tests.support.host import LocalHost
from tests.support.pool import BOTH, NEW, OLD, PATHS, Pooled, warnings
from tests.support.records import name
from tests.support.snapshot import snapshot


@pytest.fixture
def pooled(host: LocalHost) -> Pooled:
    """Release 0 is live, and release 1 is to be."""
    pooled = Pooled(host)
    pooled.make(0, OLD, BOTH, "manifest.json")
    pooled.make(1, NEW, BOTH, "images/logo.abcdef12.png", "manifest.json")
    pooled.live(0)
    return pooled


def test_it_has_the_hashed_files_of_both_and_nothing_else(pooled: Pooled) -> None:
    run = pooled.fill(1)
    assert pooled.files == {OLD, NEW, BOTH, "images/logo.abcdef12.png"}
    assert {pooled.path(file).read_text() for file in pooled.files} == {OLD, NEW, BOTH, "images/logo.abcdef12.png"}
    assert [event[1] for event in run.events if event[0] == "note"] == ["asset pool: 4 files put into it (73 bytes)"]


def test_filled_again_it_is_not_written(pooled: Pooled) -> None:
    pooled.fill(1)
    before = snapshot(pooled.root)
    assert pooled.fill(1).facts["assets"] == pooled.fill(1).facts["assets"]
    assert snapshot(pooled.root) == before


def test_nginx_may_read_it_and_no_inode_is_shared_with_a_release(pooled: Pooled) -> None:
    source = pooled.host.releases / name(1) / PATHS[0] / NEW
    source.chmod(0o600)
    before = snapshot(source.parent)
    pooled.fill(1)
    assert stat.S_IMODE(pooled.path(NEW).stat().st_mode) == 0o644
    folders = {stat.S_IMODE(path.stat().st_mode) for path in (pooled.root.parent, *pooled.root.rglob("*")) if path.is_dir()}
    assert folders == {0o755}
    assert (pooled.path(NEW).stat().st_nlink, pooled.path(NEW).stat().st_ino == source.stat().st_ino) == (1, False)
    assert snapshot(source.parent) == before


def test_another_content_under_a_name_is_a_warning_and_stays(pooled: Pooled) -> None:
    pooled.fill(1)
    pooled.make(2, NEW, BOTH, text="other")
    run = pooled.fill(2)
    assert pooled.path(NEW).read_text() == NEW
    (warning,) = warnings(run)
    assert f"{PATHS[0]}/{NEW} (2 in all)" in warning
    assert "fab -H prod prune --asset NAME" in warning


def test_of_two_that_are_put_in_together_the_live_one_has_the_name(pooled: Pooled) -> None:
    pooled.make(2, OLD, text="other")
    assert OLD in warnings(pooled.fill(2))[0]
    assert pooled.path(OLD).read_text() == OLD


def test_a_file_that_was_changed_by_hand_is_noticed(pooled: Pooled) -> None:
    pooled.fill(1)
    pooled.path(NEW).write_text("by hand")
    assert NEW in warnings(pooled.fill(1))[0]


def test_no_link_of_a_release_is_followed(pooled: Pooled, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = pooled.host.releases / name(1) / PATHS[0]
    (folder / "link.deadbeef.js").symlink_to(tmp_path / "secret")
    (folder / "folder").symlink_to(tmp_path)
    (tmp_path / "x.deadbeef.js").write_text("x")
    pooled.fill(1)
    assert pooled.files == {OLD, NEW, BOTH, "images/logo.abcdef12.png"}


def test_a_path_that_leads_out_of_a_release_is_a_warning(pooled: Pooled, tmp_path: Path) -> None:
    folder = pooled.make(2)
    (folder / "public").mkdir()
    (folder / PATHS[0]).symlink_to(tmp_path)
    (tmp_path / "x.deadbeef.js").write_text("x")
    assert f"{PATHS[0]} leads out of {name(2)}" in warnings(pooled.fill(2))[0]
    assert pooled.files == {OLD, BOTH}


def test_a_path_may_be_a_link_within_the_release(pooled: Pooled) -> None:
    folder = pooled.make(2)
    (folder / "public").mkdir()
    (folder / "web").mkdir()
    (folder / "web" / "x.deadbeef.js").write_text("x")
    (folder / PATHS[0]).symlink_to("../web")
    pooled.fill(2)
    assert pooled.path("x.deadbeef.js").read_text() == "x"


@pytest.mark.parametrize("place", ["public", "public/build", "public/build/images"])
def test_nothing_is_written_through_a_link_in_the_pool(pooled: Pooled, tmp_path: Path, place: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (pooled.root / place).parent.mkdir(parents=True)
    (pooled.root / place).symlink_to(tmp_path / "elsewhere")
    run = pooled.fill(1)
    assert warnings(run) != []
    assert "4 files" not in str(run.events)
    assert [*(tmp_path / "elsewhere").iterdir()] == []


def test_the_pool_itself_may_be_a_link_to_a_larger_disk(pooled: Pooled, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (pooled.host.home / "assets").symlink_to(tmp_path / "disk")
    pooled.fill(1)
    assert (tmp_path / "disk/source" / PATHS[0] / NEW).read_text() == NEW


def test_without_room_nothing_is_written_and_that_is_3(pooled: Pooled, monkeypatch: pytest.MonkeyPatch) -> None:
    found = SimpleNamespace(f_bavail=0, f_frsize=1000, f_files=1000, f_ffree=1000)
    monkeypatch.setattr(os, "statvfs", lambda _: found)
    with pytest.raises(Failed, match=r"and the asset pool needs") as failure:
        pooled.fill(1)
    assert (failure.value.code, [*pooled.root.iterdir()]) == (3, [])


def test_a_disk_that_is_full_meanwhile_leaves_no_name_and_no_copy(pooled: Pooled, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    clone = tree.clone

    def full(*words: Any) -> None:
        clone(*words)
        made.append(words)
        if len(made) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tree, "clone", full)
    with pytest.raises(Failed, match="No space left on device") as failure:
        pooled.fill(1)
    assert failure.value.code == 3
    assert [*pooled.root.rglob("*")] == []
    monkeypatch.undo()
    pooled.fill(1)
    assert len(pooled.files) == 4


def test_in_a_rollback_it_is_a_warning(pooled: Pooled) -> None:
    pooled.root.parent.mkdir()
    pooled.root.write_text("in the way")
    assert "the asset pool is not complete" in warnings(pooled.ensure(1))[0]


def test_copies_are_on_disk_before_they_have_their_names(pooled: Pooled, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    rename = os.rename
    monkeypatch.setattr(files, "system_call", lambda name, *_, **__: done.append(name))

    def renamed(*words: Any, **more: Any) -> None:
        done.append("rename")
        rename(*words, **more)

    monkeypatch.setattr(os, "rename", renamed)
    pooled.fill(1)
    assert done == ["syncfs", *["rename"] * 5]  # four files, and the record


def test_what_a_dead_run_left_is_removed(pooled: Pooled) -> None:
    (pooled.root / ".new").mkdir(parents=True)
    (pooled.root / ".new" / "0").write_text("half")
    (pooled.host.state_dir / "assets.json.0123456789aa").write_text("half")
    pooled.fill(1)
    assert {path.name for path in pooled.root.iterdir()} == {"public"}
    assert [path.name for path in pooled.host.state_dir.glob("assets.json*")] == ["assets.json"]


SPOILT = ["", "{", "[]", '{"v": 1}', '{"v": 2, "files": {}}', '{"v": 1, "files": {"a": {}}}', "null", "\xff", "[" * 99999]


@pytest.mark.parametrize("text", SPOILT)
def test_a_spoilt_record_is_made_anew_of_the_releases_that_are_there(pooled: Pooled, text: str) -> None:
    digest = pooled.fill(1).facts["assets"]
    (pooled.host.state_dir / "assets.json").write_text(text, encoding="latin-1")
    assert pooled.fill(1).facts["assets"] == digest
    record = json.loads((pooled.host.state_dir / "assets.json").read_text())["files"]
    assert record[f"{PATHS[0]}/{BOTH}"]["releases"] == [name(0), name(1)]
    assert pooled.files == {OLD, NEW, BOTH, "images/logo.abcdef12.png"}


class Lost(Protection):
    """The lock of a run that has lost it."""

    def require(self, run: Run) -> None:
        raise lost(run)


@pytest.mark.parametrize("step", [pool.fill, pool.ensure])
def test_a_run_that_has_lost_its_lock_writes_nothing(pooled: Pooled, step: Any) -> None:
    run = pooled.run(1)
    run.lock = Lost()
    with pytest.raises(Failed, match="this run has lost the lock") as failure:
        step(run, PATHS)
    assert (failure.value.code, pooled.root.exists()) == (6, False)
