"""What a host reports of itself, and that it does not cost more where there are many releases and a long history."""

import errno
import json
import os
from pathlib import Path

import pytest

from tasks.host import files, history, prune, releases, reserve, state
from tasks.host.failure import Failed
from tests.functions.made import Made
from tests.support.host import LocalHost
from tests.support.records import LocalRecords, name


@pytest.fixture
def records(bare_host: LocalHost) -> LocalRecords:
    return LocalRecords(bare_host)


@pytest.fixture
def seals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The seals that are read from here on."""
    found: list[str] = []
    read = files.read

    def noted(path: str, *largest: int) -> bytes:
        found.extend([path] if path.endswith("release.json") else [])
        return read(path, *largest)

    monkeypatch.setattr(files, "read", noted)
    return found


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The parts of history that are replayed from here on: from which byte, to which."""
    found: list[tuple[int, int]] = []
    entries = history.entries

    def noted(run: Made, start: int = 0, end: int = 0) -> list[dict[str, object]]:
        found.append((start, end))
        return entries(run, start, end)

    monkeypatch.setattr(history, "entries", noted)
    return found


@pytest.mark.parametrize("count", [4, 300])
def test_under_a_lock_as_many_seals_are_read_whatever_there_is(records: LocalRecords, seals: list[str], count: int) -> None:
    records.released(*range(count))
    found = state.state(records.run())
    assert found["live"]["name"] == name(count - 1)
    assert found["previous"] == name(count - 2)
    assert len(seals) == 2


def test_a_prune_that_has_nothing_to_do_reads_no_seal(records: LocalRecords, seals: list[str]) -> None:
    records.released(*range(5))
    run = records.run()
    prune.would_go(run, 6)
    assert (run.facts["prune"], seals) == ("", [])
    prune.would_go(run, 4)
    assert run.facts["prune"].split("\n") == [name(1), name(0)]


def test_room_reads_the_newest_seal_alone(records: LocalRecords, seals: list[str]) -> None:
    from tasks.host.build import room

    records.released(*range(5))
    (records.host.releases / name(4) / "release.json").write_text(
        json.dumps({"name": name(4), "live_link": "source", "commit": "c", "size": {"bytes": 1, "inodes": 1}})
    )
    room.check(records.run(), 1)
    assert len(seals) == 1


def test_history_is_replayed_once_and_then_only_what_is_new(records: LocalRecords, pieces: list[tuple[int, int]]) -> None:
    records.released(1, 2)
    run = records.run("deploy")
    size = (records.host.state_dir / "history").stat().st_size
    for _ in range(3):
        assert releases.previous(run) == name(1)
    assert pieces == [(0, size)]
    history.record(run, "done", {"name": name(1), "from": name(2)})
    records.link(name(1))
    assert releases.previous(run) == name(2)
    assert pieces[1:] == [(size, (records.host.state_dir / "history").stat().st_size)]


def test_a_history_that_was_put_in_its_place_is_replayed_anew(records: LocalRecords) -> None:
    records.released(1, 2)
    run = records.run()
    assert releases.previous(run) == name(1)
    other = records.host.state_dir / "other"
    other.write_text((records.host.state_dir / "history").read_text() + '{"event": "done", "name": "x", "from": ""}\n' * 9)
    other.rename(records.host.state_dir / "history")
    assert "x" in releases.records(run).stack


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_last_line_counts_once_whether_it_has_its_end_or_not(records: LocalRecords, end: str) -> None:
    records.sealed(1, 2)
    path = records.host.state_dir / "history"
    path.write_text(path.read_text().rstrip("\n") + end)
    run = records.run()
    assert releases.records(run).order == [name(1), name(2)]
    history.record(run, "sealed", {"name": name(3)})
    assert releases.records(run).order == [name(1), name(2), name(3)]
    assert releases.records(records.run()).order == [name(1), name(2), name(3)]


@pytest.mark.parametrize("between", [b"[\n", b"1,2\n", b'{"event": "x"\n', b"]\n[\n"])
def test_what_only_makes_sense_joined_to_its_neighbours_is_passed_over(records: LocalRecords, between: bytes) -> None:
    records.sealed(1)
    path = records.host.state_dir / "history"
    with path.open("ab") as file:
        file.write(between)
    records.sealed(2)
    with path.open("ab") as file:
        file.write(b"]\n")
    assert releases.records(records.run()).order == [name(1), name(2)]


def test_releases_are_reported_where_they_are_asked_for(records: LocalRecords) -> None:
    records.released(1, 2)
    assert not {"releases", "foreign"} & set(state.state(records.run()))
    assert [release["name"] for release in state.state(records.run(), whole=True)["releases"]] == [name(2), name(1)]


def test_the_release_that_a_run_names_is_reported(records: LocalRecords) -> None:
    records.released(1, 2)
    records.write({"event": "done", "verb": "rollback", "name": name(1), "from": name(2)})
    records.link(name(1))
    assert state.state(records.run(release=name(2)))["release"]["state"] == "bad"
    for nothing in ("", name(3), "..", "../releases/" + name(2), "source"):
        assert state.state(records.run(release=nothing))["release"] is None


def texts(run: Made) -> list[str]:
    return [event[1] for event in run.events if event[0] == "text"]


def test_a_log_is_reported_line_by_line_whatever_is_in_it(records: LocalRecords) -> None:
    logs = records.host.state_dir / "logs"
    logs.mkdir()
    (logs / f"{name(1)}.log").write_bytes(b"first\r\n\xff\x00\n\nlast without its end")
    os.utime(logs / f"{name(1)}.log", (1, 1))
    (logs / f"{name(2)}.log").write_text("newer\n")
    run, newest = records.run(), records.run()
    state.log(run, name(1))
    state.log(newest, "")
    assert texts(run) == ["first\r", "\ufffd\x00", "", "last without its end"]
    assert texts(newest) == ["newer"]
    assert newest.facts["log"] == str(logs / f"{name(2)}.log")


@pytest.mark.parametrize("wanted", ["", "source-20200101T000000Z"])
def test_a_log_that_is_not_there_is_an_error(records: LocalRecords, wanted: str) -> None:
    with pytest.raises(Failed, match=f"there is no log {'of ' + wanted + ' ' if wanted else ''}on this host"):
        state.log(records.run(), wanted)


def test_a_reserve_is_made_once_and_not_where_the_disk_is_full(records: LocalRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    run, path = records.run(), records.host.state_dir / "reserve"
    write = os.write
    with monkeypatch.context() as full:
        full.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:100]))
        reserve.keep(run)
    assert list(records.host.state_dir.glob("reserve*")) == []
    reserve.keep(run)
    made = path.stat()
    reserve.keep(run)
    assert (path.stat().st_mtime_ns, made.st_size) == (made.st_mtime_ns, reserve.SIZE)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_tried_once_more_and_another_error_is_not(records: LocalRecords, number: int) -> None:
    run, tried = records.run(), list[int]()
    reserve.keep(run)

    def act() -> None:
        tried.append(number)
        if len(tried) == 1:
            raise OSError(number, "full")

    reserve.with_reserve(run, act)
    assert len(tried) == 2
    with pytest.raises(OSError, match="spoilt"):
        reserve.with_reserve(run, spoilt)


def spoilt() -> None:
    raise OSError(errno.EIO, "spoilt")


def test_a_line_that_only_half_fitted_is_ended_and_written_again_whole(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, write = records.run(), os.write
    reserve.keep(run)
    full = Path(run.place("reserve"))
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:20] if full.exists() else data))
    history.record(run, "sealed", {"name": name(1)})
    first, second = Path(run.place("history")).read_bytes().splitlines()
    assert len(first) == 20
    assert json.loads(second)["name"] == name(1)
