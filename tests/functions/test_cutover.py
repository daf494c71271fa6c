"""Promises 3 and 4: the live link is never missing, whatever dies, and nobody's release is overwritten."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.host import files
from tasks.host.cutover import swap
from tasks.host.run import Protection
from tasks.phases import cutover
from tests.support.host import LocalHost
from tests.support.records import LocalRecords

RENAME = os.rename


@pytest.fixture
def records(host: LocalHost) -> LocalRecords:
    return LocalRecords(host)


@contextmanager
def readers(live: Path) -> Iterator[list[str]]:
    """Read through the live link without a pause; what went wrong is in the list, and must be nothing."""
    wrong: list[str] = []
    seen = 0
    stop = threading.Event()

    def read() -> None:
        nonlocal seen
        while not stop.is_set():
            try:
                folder = str(live.readlink())
                text = (live / "index.html").read_text()
                sealed = Path(folder, "release.json").exists()
                if (text, sealed) != ("hello\n", True):
                    wrong.append(f"{folder}: {text} {sealed}")
                seen += 1
                time.sleep(0.001)
            except OSError as error:
                wrong.append(str(error))

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield wrong
        while seen < 100:
            time.sleep(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def at_the_rename(monkeypatch: pytest.MonkeyPatch, live: Path, act: Callable[[Callable[[], None]], None]) -> None:
    """Act where the host program renames over the live link; it gets the rename itself."""

    def rename(source: str, target: str, **places: Any) -> None:
        if target == str(live):
            act(lambda: RENAME(source, target))
        else:
            RENAME(source, target, **places)

    monkeypatch.setattr(os, "rename", rename)


def die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(rename: Callable[[], None]) -> None:
    rename()
    die()


def test_the_live_link_always_leads_to_a_sealed_release(records: LocalRecords) -> None:
    host, names = records.host, records.released(1, 2)
    with readers(host.live) as wrong, host.lock() as locked:
        run = locked.run
        for turn in range(20):
            done = host.run(cutover.cutover(), replace(run, release=names[turn % 2]))
            run = replace(run, live_at_start=done.facts["live_path"])
    assert wrong == []


def test_history_has_the_intent_before_and_the_end_after(records: LocalRecords) -> None:
    (first,), (second,) = records.released(1), records.sealed(2)
    assert records.host.cut_over(second).code == 0
    entries = [entry for entry in records.host.history() if entry["name"] == second]
    assert [entry["event"] for entry in entries] == ["sealed", "intent", "done"]
    assert entries[-1]["from"] == first


@pytest.mark.parametrize(
    ("act", "moved", "event"), [(die, False, "abandoned"), (die_after, True, "done")], ids=["before", "after"]
)
def test_the_next_run_completes_the_history_of_a_cutover_that_died(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch, act: Callable[[Callable[[], None]], None], moved: bool, event: str
) -> None:
    host, (first,), (second,) = records.host, records.released(1), records.sealed(2)
    with monkeypatch.context() as dying:
        at_the_rename(dying, host.live, act)
        assert host.cut_over(second).code == -signal.SIGKILL
    assert host.history()[-1]["event"] == "intent"
    host.assert_live(second if moved else first)
    with host.lock() as locked:
        assert locked.state["live"]["name"] == (second if moved else first)
        assert locked.state["previous"] == (first if moved else None)
    last = host.history()[-1]
    assert (last["event"], last["name"], last["verb"]) == (event, second, "release")
    with host.lock():
        assert host.history()[-1] == last


def test_a_rollback_that_died_after_its_rename_still_marks_what_it_left(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, (first, second) = records.host, records.released(1, 2)
    with monkeypatch.context() as dying:
        at_the_rename(dying, host.live, die_after)
        assert host.cut_over("", "rollback").code == -signal.SIGKILL
    with host.lock():
        states = {release["name"]: release["state"] for release in host.state()["releases"]}
    assert states == {first: "live", second: "bad"}


def test_what_a_dead_cutover_left_is_no_obstacle_and_goes_with_the_next_build(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, _, (second,) = records.host, records.released(1), records.sealed(2)
    with monkeypatch.context() as dying:
        at_the_rename(dying, host.live, die)
        host.cut_over(second)
    (left,) = host.home.glob(".source.*")
    assert left.is_symlink()
    assert host.cut_over(second).code == 0
    host.assert_live(second)
    assert host.build().code == 0
    host.assert_clean()


def test_files_are_on_disk_before_the_rename_and_the_directory_after(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, (release,) = records.host, records.sealed(1)
    order, flush = host.folder / "order", files.flush_directory

    def note(what: str) -> None:
        with order.open("a") as file:
            file.write(f"{what}\n")

    def noted(path: str) -> None:
        note(f"flush {path}")
        flush(path)

    def renamed(rename: Callable[[], None]) -> None:
        note("rename")
        rename()

    monkeypatch.setattr(files, "flush_directory", noted)
    at_the_rename(monkeypatch, host.live, renamed)
    assert host.cut_over(release).code == 0
    assert order.read_text().splitlines() == [f"flush {host.releases / release}", "rename", f"flush {host.home}"]


@pytest.mark.parametrize("when", ["before the cutover", "in the middle of it"])
def test_a_live_link_that_moved_meanwhile_stops_the_cutover(
    records: LocalRecords, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    host, (first, second), (mine,) = records.host, records.released(1, 2), records.sealed(3)
    symlink = os.symlink

    def move(target: str, link: str) -> None:
        host.live.unlink()
        symlink(host.releases / first, host.live)
        symlink(target, link)

    if when == "in the middle of it":
        monkeypatch.setattr(os, "symlink", move)
    with host.lock() as locked:
        if when == "before the cutover":
            records.link(first)
        done = host.run(cutover.cutover(), replace(locked.run, release=mine))
    assert done.code == 3
    assert all(word in done.failure for word in ("since", first, second))
    assert f"release --name {mine}" in done.texts("fail")
    host.assert_live(first)
    assert host.seal(mine)["name"] == mine


def test_a_first_release_does_not_overwrite_another_first_release(records: LocalRecords) -> None:
    host, (mine, theirs) = records.host, records.sealed(1, 2)
    with host.lock() as locked:
        records.link(theirs)
        done = host.run(cutover.cutover(), replace(locked.run, release=mine))
    assert done.code == 3
    host.assert_live(theirs)


def test_a_release_mends_a_live_link_that_leads_nowhere(records: LocalRecords) -> None:
    (mine,) = records.sealed(1)
    records.link("source-20200101T000000Z")
    with records.host.lock() as locked:
        assert records.host.run(cutover.cutover(), replace(locked.run, release=mine)).code == 0
    records.host.assert_live(mine)


@pytest.mark.parametrize(("without", "left"), [("", {}), ("web3", {"web3": "it is down"})])
def test_where_it_is_live_already_who_gets_it_now_is_left_out_no_more(
    records: LocalRecords, without: str, left: dict[str, str]
) -> None:
    (name,) = records.sealed(1)
    records.write({"event": "done", "verb": "deploy", "name": name, "without": "web3", "reason": "it is down"})
    records.link(name)
    run = records.run("deploy", release=name, expected=str(records.host.releases / name))
    run.lock, run.left_out = Protection(), {"without": without, "reason": "again"} if without else {}
    swap(run)
    assert records.state()["left_out"] == left
