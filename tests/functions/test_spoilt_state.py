"""What this tool keeps on a host is not what it made: each is one clear error, nothing waits for ever, nothing is lost."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tasks.host.build import room
from tasks.host.history import record
from tasks.phases import check, lock, report, setup
from tasks.phases.step import Phase
from tests.support.host import LINK, LocalHost
from tests.support.records import LocalRecords, name
from tests.support.snapshot import snapshot

Make = Callable[[Path], object]
KINDS: dict[str, Make] = {
    "file": lambda path: path.write_text("what is this"),
    "directory": lambda path: path.mkdir(),
    "fifo": os.mkfifo,
    "link to nothing": lambda path: path.symlink_to("nowhere"),
    "link to itself": lambda path: path.symlink_to(path.name),
}
FILES = [(place, kind) for place in ("lock", "job.lock", "hold", "history") for kind in ("directory", "fifo")]
FOLDERS = [(place, kind) for place in ("logs", "jobs", "trash") for kind in ("file", "link to nothing")]


def put(path: Path, kind: str) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    KINDS[kind](path)


def phases(host: LocalHost) -> dict[str, Phase]:
    environment = host.environment
    return {
        "status": report.state(),
        "history": report.history(),
        "plan": report.plan(environment),
        "deploy": lock.lock(),
        "rollback": lock.lock(),
        "hold": lock.hold("no"),
        "unhold": lock.unhold(),
        "attach": lock.follow(),
        "cancel": lock.cancel(of_anybody=True),
        "setup": setup.setup(environment),
    }


@pytest.mark.parametrize(("place", "kind"), [*FILES, *FOLDERS])
def test_what_is_not_of_its_kind_is_reported_by_every_verb_and_changes_nothing(host: LocalHost, place: str, kind: str) -> None:
    put(host.state_dir / place, kind)
    before = snapshot(host.home)
    for verb, phase in phases(host).items():
        done = host.run(phase, host.new_run(verb))
        assert (verb, done.code, str(host.state_dir / place) in done.failure) == (verb, 3, True), done.failure
        assert f"ls -ld {host.state_dir / place}" in done.texts("fail").replace("'", "")
        assert snapshot(host.home) == before


def test_check_names_it_and_goes_on(host: LocalHost) -> None:
    put(host.state_dir / "hold", "fifo")
    lines = host.run(check.check(host.environment), host.new_run("check")).all("check")
    assert [line for line in lines if line[0] == "FAIL" and f"{host.state_dir}/hold is not the file" in line[1]]


@pytest.mark.parametrize("kind", ["file", "fifo", "link to nothing", "link to itself"])
@pytest.mark.parametrize("place", ["builds", "builds/source", "releases", "runtime", "runtime/source"])
def test_setup_names_what_stands_in_the_way_of_a_directory(host: LocalHost, place: str, kind: str) -> None:
    put(host.home / place, kind)
    before = snapshot(host.home)
    done = host.run(setup.setup(host.environment), host.new_run("setup"))
    assert (done.code, done.failure) == (3, f"{host.home / place} is not a directory")
    assert {path for path in snapshot(host.home) if path not in before} == set()
    assert f"ls -ld {host.home / place}" in done.texts("fail")


@pytest.mark.parametrize("key", ["builds_dir", "releases_dir"])
def test_setup_names_a_directory_that_cannot_be_made(bare_host: LocalHost, key: str) -> None:
    bare_host.use(**{key: "/proc/nowhere/here"})
    done = bare_host.run(setup.setup(bare_host.environment), bare_host.new_run("setup"))
    assert (done.code, "cannot make /proc/nowhere/here" in done.failure) == (3, True)
    assert "namei -l /proc/nowhere/here" in done.texts("fail")


@pytest.mark.parametrize("place", ["builds", "builds/source", "builds/repo.git", "releases", "runtime"])
def test_a_directory_may_be_a_link_to_one(host: LocalHost, place: str) -> None:
    (host.home / place).rename(host.folder / "volume")
    (host.home / place).symlink_to(host.folder / "volume")
    assert host.run(setup.setup(host.environment), host.new_run("setup")).code == 0
    first, second = host.release(), host.release()
    assert host.cut_over("", "rollback").facts["release"] == first
    assert host.prune().code == 0
    assert {release["name"] for release in host.state()["releases"]} == {first, second}


@pytest.mark.parametrize("kind", ["directory", "fifo", "link to nothing", "link to itself"])
def test_a_seal_that_is_no_file_is_no_seal_and_what_it_seals_stays(host: LocalHost, kind: str) -> None:
    first, second = host.release(), host.release()
    put(host.releases / first / "release.json", kind)
    before = snapshot(host.releases / first)
    assert [release["name"] for release in host.state()["releases"]] == [second]
    assert host.cut_over(first).code == 3
    assert host.build().code == 0
    assert snapshot(host.releases / first) == before
    host.assert_live(second)


def test_a_live_release_whose_seal_is_no_file_can_be_asked_about(host: LocalHost) -> None:
    live = host.release()
    put(host.releases / live / "release.json", "fifo")
    plan = host.run(report.plan(host.environment), host.new_run("plan", ref="master"))
    assert (plan.code, plan.facts["commit"]) == (0, host.origin.first)
    with host.lock("deploy") as locked:
        assert locked.refused
        assert f"{live}/release.json cannot be read" in locked.refused.failure


@pytest.fixture
def records(bare_host: LocalHost) -> LocalRecords:
    return LocalRecords(bare_host)


def test_a_seal_is_whole_or_none(records: LocalRecords) -> None:
    """Cut off at every byte, each in a directory of its own."""
    whole = json.dumps({"name": name(999), "live_link": LINK, "ref": "é"}, ensure_ascii=False).encode()
    for end in range(len(whole) + 1):
        folder = records.host.releases / name(end)
        folder.mkdir()
        (folder / "release.json").write_bytes(whole.replace(name(999).encode(), name(end).encode())[:end])
    assert [release["name"] for release in records.state()["releases"]] == [name(len(whole))]


def test_a_seal_that_is_far_too_large_is_none(records: LocalRecords) -> None:
    records.make(name(1))
    with (records.host.releases / name(1) / "release.json").open("ab") as seal:
        seal.truncate(1 << 40)
    assert records.state()["releases"] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ("ref", "commit", "by", "host", "built_at", "built_from", "timings", "tool", "size", "carried", "v")


@given(fields=st.dictionaries(st.sampled_from(FIELDS), JSON))
@example(fields={"size": {"bytes": "a[$(touch ran)]", "inodes": 1}, "commit": "x"})
@example(fields={key: {"a": [1]} for key in FIELDS})
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_seal_with_anything_in_its_fields_is_reported_as_text_or_nothing(
    records: LocalRecords, fields: dict[str, object]
) -> None:
    folder = records.host.releases / name(1)
    folder.mkdir(exist_ok=True)
    (folder / "release.json").write_text(json.dumps({**fields, "name": name(1), "live_link": LINK}))
    (told,) = records.state()["releases"]
    assert all(value is None or isinstance(value, str) for value in told.values())
    size = room.size_of_newest(records.run())
    assert size is None or {type(number) for number in size.values()} == {int}


HISTORY = [
    {"event": "sealed", "name": name(1)},
    {"event": "sealed", "name": name(2)},
    {"event": "done", "name": name(1), "from": "", "verb": "release"},
    {"event": "done", "name": name(2), "from": name(1), "verb": "release"},
]


@given(end=st.integers(0, 600))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_history_that_is_cut_off_still_shows_what_is_live(records: LocalRecords, end: int) -> None:
    for number in (1, 2):
        if not (records.host.releases / name(number)).exists():
            records.make(name(number))
    records.link(name(2))
    history = records.host.state_dir / "history"
    history.unlink(missing_ok=True)
    records.write(*HISTORY)
    history.write_bytes(history.read_bytes()[:end])
    state = records.state()
    assert state["live"]["name"] == name(2)
    assert state["previous"] in (None, name(1))
    assert {release["name"] for release in state["releases"]} == {name(1), name(2)}
    record(records.run(), "sealed", {"name": name(3)})
    assert records.state()["live"]["name"] == name(2)


@pytest.mark.parametrize("kind", ["link", "link elsewhere", "other case", "other environment", "empty directory"])
def test_what_only_looks_like_a_release_is_none(host: LocalHost, kind: str) -> None:
    live = host.release()
    wrong = {"other case": live.upper(), "other environment": f"{LINK}-preprod-20300101T000000Z"}.get(
        kind, f"{LINK}-20300101T000000Z"
    )
    target = host.releases / wrong
    if kind == "empty directory":
        target.mkdir()
    elif kind == "link":
        target.symlink_to(live)
    else:
        outside = shutil.copytree(host.live, host.home / "elsewhere" if kind == "link elsewhere" else target)
        seal = json.loads((outside / "release.json").read_text())
        (outside / "release.json").write_text(json.dumps({**seal, "name": wrong}))
        if outside != target:
            target.symlink_to(outside)
    before = snapshot(target)
    assert host.cut_over(wrong).code == 3
    host.assert_live(live)
    host.use(keep_releases=1)
    assert host.build().code == host.prune().code == 0
    assert snapshot(target) == before
    assert [release["name"] for release in host.state()["releases"]][1:] == [live]
