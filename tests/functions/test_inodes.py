"""A release shares no file with a package cache: what a later build writes into that cache changes no release."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.host import acl as host_acl
from tasks.host import tree
from tasks.host.build import inodes, room
from tasks.host.failure import Failed
from tasks.phases import build, cutover
from tests.functions.made import Made
from tests.support import acl
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot

LINKED = "mkdir -p node_modules/a && ln ~/cache/module.js node_modules/a/module.js && ln node_modules/a/module.js other.js"


@pytest.fixture
def cache(host: LocalHost) -> Path:
    """A file of a package cache, which a build links into its tree, as bun does."""
    folder = host.home / "cache"
    folder.mkdir()
    file = folder / "module.js"
    file.write_text("as it was\n")
    file.chmod(0o640)
    os.utime(file, ns=(1, 1_000_000_007))
    host.use(apps={"web": {"bootstrap": [LINKED]}})
    return file


def earlier(host: LocalHost, cache: Path) -> Path:
    """A live release as an earlier version sealed it: it shares a file, and has no mark."""
    release = host.releases / host.release()
    seal = json.loads((release / "release.json").read_text())
    del seal[inodes.MARK]
    (release / "release.json").write_text(json.dumps(seal))
    (release / "node_modules/a/module.js").unlink()
    (release / "node_modules/a/module.js").hardlink_to(cache)
    return release


@pytest.mark.usefixtures("cache")
def test_a_file_with_more_than_one_name_gets_an_inode_of_its_own_before_the_seal(host: LocalHost) -> None:
    release = host.releases / host.release()
    for path in (release / "node_modules/a/module.js", release / "other.js"):
        about = path.stat()
        assert (about.st_nlink, path.read_text()) == (1, "as it was\n")
        assert (about.st_mode & 0o777, about.st_mtime_ns) == (0o640, 1_000_000_007)
    assert host.seal(release.name)[inodes.MARK] is True
    assert {path.name for path in host.state_dir.iterdir() if path.name.startswith("own-inodes")} == set()


def test_a_build_that_writes_into_the_cache_changes_no_release(host: LocalHost, cache: Path) -> None:
    release = host.releases / host.release()
    before = snapshot(release)
    host.use(apps={"web": {"bootstrap": [LINKED, "echo changed > node_modules/a/module.js"]}})
    assert host.build().code == 0
    assert cache.read_text() == "changed\n"
    assert snapshot(release) == before


def test_a_release_of_an_earlier_version_is_parted_before_the_first_command_of_a_build(host: LocalHost, cache: Path) -> None:
    release = earlier(host, cache)
    before = snapshot(release)
    host.use(apps={"web": {"bootstrap": ["echo changed > ~/cache/module.js"]}})
    assert host.build().code == 0
    assert snapshot(release) == before
    assert (host.state_dir / "own-inodes").read_text() == release.name


def test_it_is_done_once(host: LocalHost, cache: Path) -> None:
    release = earlier(host, cache)
    assert host.build().code == 0
    (release / "late.js").hardlink_to(cache)
    assert host.build().code == 0
    assert (release / "late.js").stat().st_nlink > 1


def test_a_rollback_parts_nothing(host: LocalHost, cache: Path) -> None:
    release = earlier(host, cache)
    host.release()
    (host.state_dir / "own-inodes").unlink()
    (release / "late.js").hardlink_to(cache)
    assert host.cut_over(release.name, verb="rollback").code == 0
    assert (release / "late.js").stat().st_nlink > 1


@pytest.mark.usefixtures("cache")
def test_a_directory_that_may_not_be_written_to_keeps_its_mode_and_its_time(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": [LINKED, "touch -d 2020-01-01T00:00:00Z node_modules/a && chmod 555 node_modules/a"]}})
    folder = host.releases / host.release() / "node_modules/a"
    assert (folder / "module.js").stat().st_nlink == 1
    assert (folder.stat().st_mode & 0o777, folder.stat().st_mtime) == (0o555, 1577836800)
    folder.chmod(0o755)


def test_an_acl_stays(host: LocalHost, cache: Path) -> None:
    with cache.open() as file:
        host_acl.write(file.fileno(), {**host_acl.by_mode(0o640), (acl.USER, 4321): 4, (host_acl.MASK, host_acl.NOBODY): 4})
    assert acl.named(host.releases / host.release() / "other.js", 4321) == "r--"


def test_without_room_a_build_fails_and_earlier_releases_are_left(
    host: LocalHost, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = earlier(host, cache)
    monkeypatch.setenv("HOME", str(host.home))
    monkeypatch.setattr(room, "_short", lambda *_: (0, 0))
    run = Made(release=release.name)
    inodes.own_earlier(run)
    assert "may share files with a package cache: only 0 MB" in "".join(event[1] for event in run.events if event[0] == "warn")
    with pytest.raises(Failed, match=r"1 files of source-.* that other places share"):
        inodes.own(run)
    assert (release / "node_modules/a/module.js").stat().st_nlink == 2


def test_a_file_that_is_written_to_meanwhile_is_left(host: LocalHost, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release = earlier(host, cache)
    monkeypatch.setenv("HOME", str(host.home))
    clone = tree.clone

    def written_to(source: int, name: str, at: int | None = None) -> None:
        clone(source, name, at)
        cache.write_text("written meanwhile\n")

    monkeypatch.setattr(tree, "clone", written_to)
    inodes.own_earlier(Made())
    assert (release / "node_modules/a/module.js").read_text() == "written meanwhile\n"
    assert not (host.state_dir / "own-inodes").exists()


@pytest.mark.usefixtures("cache")
def test_what_a_run_left_that_died_is_removed(host: LocalHost) -> None:
    left = host.state_dir / "own-inodes.0123456789ab"
    left.write_text("half")
    assert host.build().code == 0
    assert not left.exists()


def test_of_many_releases_it_is_recorded_and_their_seals_are_read_once(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inodes, "MANY", 1)
    monkeypatch.setenv("HOME", str(host.home))
    names = [host.release()]
    inodes.own_earlier(Made())
    assert inodes.earlier(Made()) == ([], names)
    names.append(host.release())
    inodes.own_earlier(Made())
    assert inodes.earlier(Made()) == ([], [])
    assert (host.state_dir / "own-inodes").read_text().split("\n") == names


def test_what_a_migration_links_is_parted_before_it_goes_live(host: LocalHost, cache: Path) -> None:
    host.use(migrate=[LINKED])
    with host.lock() as locked:
        run = replace(locked.run, ref="master")
        for phase in (build.build(host.environment), cutover.migrate(host.environment), cutover.cutover()):
            assert host.run(phase, run).code == 0
    cache.write_text("changed\n")
    linked = host.live / "node_modules/a/module.js"
    assert (linked.stat().st_nlink, linked.read_text()) == (1, "as it was\n")
