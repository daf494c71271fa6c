"""Room for a release is looked for before anything is built, and what was removed makes room first."""

import json
import os
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from tasks.host import tree
from tasks.host.build import room
from tasks.host.failure import Failed
from tests.support.host import LocalHost
from tests.support.records import LocalRecords, name
from tests.support.trash import trash

Free = Callable[..., None]


@pytest.fixture
def records(host: LocalHost) -> LocalRecords:
    return LocalRecords(host)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Free:
    """What the filesystem reports: kilobytes that are free, all inodes, free inodes."""

    def free(kilobytes: int, inodes: int, free_inodes: int) -> None:
        found = SimpleNamespace(f_bavail=kilobytes, f_frsize=1000, f_files=inodes, f_ffree=free_inodes)
        monkeypatch.setattr(os, "statvfs", lambda _: found)

    return free


def built(records: LocalRecords, size: dict[str, int] | None = None) -> None:
    """A release that was built here, of this size."""
    records.make(name(1), commit="a" * 40, size=size or {"bytes": 2_000_000, "inodes": 20})
    records.write({"event": "sealed", "name": name(1)})


def test_a_release_records_what_it_takes(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": ["head -c 3000000 /dev/urandom >large; touch a b c"]}})
    size = host.seal(host.release())["size"]
    assert 3_000_000 <= size["bytes"] < 3_500_000
    assert 5 < size["inodes"] < 100


def test_room_is_looked_for_before_anything_is_fetched_and_nothing_is_left(host: LocalHost) -> None:
    live = host.release()
    folder = host.releases / live
    seal = host.seal(live)
    (folder / "release.json").write_text(json.dumps({**seal, "size": {"bytes": 1 << 60, "inodes": 1}}))
    done = host.build()
    assert (done.code, done.steps) == (3, ["begin", "pre-flight"])
    assert f"are free in {host.releases}, and a release needs about" in done.failure
    assert "fab -H prod prune" in done.texts("fail")
    host.assert_live(live)
    host.assert_clean()


@pytest.mark.parametrize(
    ("kilobytes", "inodes", "free_inodes", "enough"),
    [
        (3000, 1000, 30, True),
        (2999, 1000, 30, False),
        (3000, 1000, 29, False),
        (3000, 0, 0, True),  # a filesystem that counts no inodes
    ],
)
def test_half_of_the_newest_release_more_is_enough(
    records: LocalRecords, free: Free, kilobytes: int, inodes: int, free_inodes: int, enough: bool
) -> None:
    built(records)
    free(kilobytes, inodes, free_inodes)
    if enough:
        room.check(records.run(), 1)
        return
    with pytest.raises(
        Failed, match=f"only {kilobytes // 1000} MB and {free_inodes} inodes are free in .*about 3 MB and 30 inodes"
    ):
        room.check(records.run(), 1)


def test_without_anything_known_of_its_size_a_first_release_is_tried(records: LocalRecords, free: Free) -> None:
    free(60_000, 1_000_000, 2000)
    room.check(records.run(), 50_000_000)
    free(49_000, 1_000_000, 2000)
    with pytest.raises(Failed, match="about 50 MB"):
        room.check(records.run(), 50_000_000)


def test_what_was_removed_before_is_deleted_first_where_room_is_short(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(records)
    state = records.host.state_dir
    (state / "trash" / "source-20200101T000000Z.12345678" / "vendor").mkdir(parents=True)
    found = [
        SimpleNamespace(f_bavail=1, f_frsize=1, f_files=0, f_ffree=0),
        SimpleNamespace(f_bavail=10**9, f_frsize=1, f_files=0),
    ]
    monkeypatch.setattr(os, "statvfs", lambda _: found[trash(state) == []])
    room.check(records.run(), 1)
    assert trash(state) == []


def test_what_was_removed_is_not_waited_for_where_there_is_room(records: LocalRecords) -> None:
    built(records)
    removed = records.host.state_dir / "trash" / "source-20200101T000000Z.12345678"
    removed.mkdir(parents=True)
    room.check(records.run(), 1)
    assert removed.is_dir()


def test_the_newest_that_was_built_here_is_the_measure(records: LocalRecords) -> None:
    for number, commit, size in ((1, "a" * 40, 1000), (2, None, 9)):
        records.make(name(number), commit=commit, size={"bytes": size, "inodes": size})
        records.write({"event": "sealed", "name": name(number)})
    assert room.size_of_newest(records.run()) == {"bytes": 1000, "inodes": 1000}


@pytest.mark.parametrize("size", [None, {"bytes": "1000", "inodes": 10}, {"bytes": 1000}, "x"])
def test_one_whose_seal_does_not_have_its_size_is_measured(records: LocalRecords, size: object) -> None:
    records.make(name(1), commit="a" * 40, size=size)
    records.write({"event": "sealed", "name": name(1)})
    (records.host.releases / name(1) / "large").write_bytes(b"x" * 500_000)
    found = room.size_of_newest(records.run())
    assert found is not None
    assert (found["bytes"] > 500_000, found["inodes"]) == (True, 3)


def test_a_directory_that_the_pool_user_has_closed_is_no_failure(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(folder: str) -> Iterator[os.DirEntry[str]]:
        raise PermissionError(13, "Permission denied", f"{folder}/var/cache")
        yield

    monkeypatch.setattr(tree, "walk", closed)
    assert room.measured(str(host.home)) is None
