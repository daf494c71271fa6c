"""A rollback, or a release built before, goes live with the runtime files that count now: all of them or none."""

import errno
import os
import stat
from pathlib import Path

import pytest

from tests.functions.runtime_files import FILE, Files
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot

OLD, NEW = "KEY=old value\n", "KEY=new value\n"


@pytest.fixture
def files(host: LocalHost) -> Files:
    """Two releases, the file of the live one changed since."""
    made = Files(host)
    made.kept.write_text(OLD)
    made.release()
    made.release()
    made.live.write_text(NEW)
    return made


@pytest.fixture
def first(files: Files) -> Path:
    """The file of the release before."""
    return files.of(min(path.name for path in files.host.releases.iterdir()))


def former(files: Files) -> list[Path]:
    return sorted(path for path in files.state.rglob("*.was") if ".former-" in str(path))


def test_a_rollback_gives_its_target_what_counts_now_and_names_it(files: Files, first: Path) -> None:
    first.chmod(0o600)
    files.live.chmod(0o640)
    done = files.roll_back()
    assert done.code == 0, done.failure
    assert files.host.live.readlink().name == first.parent.name
    assert (first.read_text(), stat.S_IMODE(first.stat().st_mode)) == (NEW, 0o640)
    assert f"renewed: {FILE}" in done.texts("note")
    assert "baked into its output stay the old ones" in done.texts("note")
    assert done.facts["renewed"] == FILE


def test_the_kept_copy_is_renewed_with_it_so_that_nothing_stale_wins_later(files: Files) -> None:
    files.roll_back()
    assert files.kept.read_text() == NEW
    assert files.of(files.release()).read_text() == NEW


def test_the_former_one_stays_private_until_the_release_is_pruned(files: Files, first: Path) -> None:
    files.roll_back()
    (kept,) = former(files)
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == (OLD, 0o600)
    for _ in range(3):
        files.release()
    files.host.finish(files.host.live.readlink().name)
    files.host.use(runtime_files=[FILE], keep_releases=1)
    files.host.prune()
    assert not first.exists()
    assert former(files) == []
    assert not (files.state / f"{first.parent.name}.json").exists()


def test_the_former_one_is_put_back_where_the_rollback_has_not_gone_well(files: Files, first: Path) -> None:
    first.chmod(0o640)
    files.roll_back()
    done = files.roll_back(files="own")
    assert done.code == 0, done.failure
    assert (files.host.live.readlink().name, first.read_text()) == (first.parent.name, OLD)
    assert stat.S_IMODE(first.stat().st_mode) == 0o640
    assert former(files) == []
    assert files.host.state()["live"]["state"] == "live"
    assert [entry["event"] for entry in files.host.history()][-1] == "restored"


def test_asked_twice_the_former_one_stays(files: Files, first: Path) -> None:
    files.roll_back()
    files.roll_back(first.parent.name, "own")
    done = files.roll_back(first.parent.name, "own")
    assert (done.code, done.failure) == (3, f"{first.parent.name} is live already, with its own runtime files")
    assert first.read_text() == OLD


def test_after_a_rollback_with_its_own_the_source_is_still_what_is_kept(files: Files, first: Path) -> None:
    files.roll_back()
    files.roll_back(files="own")
    files.host.finish(first.parent.name)
    assert files.of(files.release()).read_text() == NEW


def test_a_rollback_that_keeps_them_changes_nothing_in_its_target(files: Files, first: Path) -> None:
    before = snapshot(first.parent)
    assert files.roll_back(files="own").code == 0
    assert snapshot(first.parent) == before


def test_a_put_back_changes_nothing(files: Files, first: Path) -> None:
    before = snapshot(first.parent)
    assert files.host.cut_over(first.parent.name, put_back="yes").code == 0
    assert snapshot(first.parent) == before


def test_where_nobody_can_decide_a_rollback_goes_on_with_its_own_and_warns(files: Files, first: Path) -> None:
    files.forget()
    done = files.roll_back()
    assert (done.code, first.read_text(), files.live.read_text()) == (0, OLD, OLD)
    assert f"goes live with its own: runtime file {FILE} differs" in done.texts("warn")
    assert files.kept.read_text() == OLD


def test_where_nobody_can_decide_a_release_by_name_is_refused_and_nothing_is_changed(files: Files, first: Path) -> None:
    files.forget()
    before = snapshot(first.parent)
    done = files.take(first.parent.name)
    assert (done.code, snapshot(first.parent)) == (3, before)


def test_a_release_by_name_is_renewed_before_anything_else_is_done_with_it(files: Files, first: Path) -> None:
    assert files.take(first.parent.name).code == 0
    assert first.read_text() == NEW
    assert files.host.live.readlink().name != first.parent.name


def test_what_is_live_or_unknown_is_not_renewed_by_name(files: Files) -> None:
    live = files.host.live.readlink().name
    before = snapshot(files.host.releases)
    assert [files.take(name).code for name in (live, "source-20200101T000000Z", "../source")] == [0, 0, 0]
    assert snapshot(files.host.releases) == before


def test_one_that_was_changed_during_the_build_goes_live_as_it_is_now(files: Files) -> None:
    files.host.use(runtime_files=[FILE], publish=[f"echo CHANGED=meanwhile > {files.live}"])
    assert files.of(files.release()).read_text() == "CHANGED=meanwhile\n"


def test_a_file_that_the_target_has_not_yet_is_made_and_goes_again(files: Files, first: Path) -> None:
    first.unlink()
    files.roll_back()
    assert first.read_text() == NEW
    files.roll_back(files="own")
    assert not first.exists()


@pytest.mark.parametrize("spoilt", ["link", "fifo"])
def test_what_is_no_file_any_more_stays_as_it_is(files: Files, first: Path, spoilt: str) -> None:
    first.unlink()
    first.symlink_to("/etc/hostname") if spoilt == "link" else os.mkfifo(first)
    done = files.roll_back()
    assert done.code == 0
    assert f"runtime file {first} is not a regular file" in done.texts("warn")
    assert first.is_symlink() or first.is_fifo()


def test_what_died_between_two_renames_is_undone_first(files: Files, first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.host.runtime import staged

    def dies(*_: object) -> None:
        os._exit(9)

    with monkeypatch.context() as patch:
        patch.setattr(staged.Staged, "_retire", dies)
        files.roll_back()
    assert first.read_text() == NEW
    assert files.roll_back(files="own").code == 0
    assert first.read_text() == OLD
    assert [*files.state.glob("*.new")] == []


def test_with_a_full_disk_a_rollback_goes_on_with_its_own_and_warns(
    files: Files, first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tasks.host.runtime import staged

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a file")

    monkeypatch.setattr(staged, "duplicate", full)
    done = files.roll_back()
    assert (done.code, first.read_text()) == (0, OLD)
    assert [path.name for path in files.kept.parent.iterdir()] == [FILE]
    assert "goes live with the runtime files that it has: a file: No space left on device" in done.texts("warn")
    assert [*files.state.glob("*.new")] == []


def test_a_rename_that_fails_undoes_those_before_it(files: Files, first: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.host.runtime import staged

    files.host.use(runtime_files=[FILE, "b"])
    (files.live.parent / "b").write_text("b\n")
    place = staged._place

    def fails(release: str, path: str, source: str) -> None:
        if path == "b" and source.endswith(".to"):
            raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        place(release, path, source)

    monkeypatch.setattr(staged, "_place", fails)
    done = files.roll_back()
    assert (done.code, first.read_text(), (first.parent / "b").exists()) == (0, OLD, False)
    assert files.host.live.readlink().name == first.parent.name
