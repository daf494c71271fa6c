"""Promises 3 and 4: the live link is never missing, whatever dies, and nobody's release is overwritten."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.phases import cutover
from tests.support.host import LocalHost, Ran

KILL_BEFORE = '[[ $* == *.source.new* ]] && kill -KILL $PPID && exit\nexec $REAL "$@"'
KILL_AFTER = '$REAL "$@"; [[ $* == *.source.new* ]] && kill -KILL $PPID'


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
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert seen > 100


def swap(host: LocalHost, name: str) -> Ran:
    with host.lock() as locked:
        return host.run(cutover.cutover(host.environment), replace(locked.run, release=name))


def test_the_live_link_always_leads_to_a_sealed_release(host: LocalHost) -> None:
    names = [host.release(), host.release()]
    with readers(host.live) as wrong, host.lock() as locked:
        run = locked.run
        for turn in range(20):
            done = host.run(cutover.cutover(host.environment), replace(run, release=names[turn % 2]))
            run = replace(run, live_at_start=done.facts["live_path"])
    assert wrong == []


def test_history_has_the_intent_before_and_the_end_after(host: LocalHost) -> None:
    first, second = host.release(), host.release()
    entries = [entry for entry in host.history() if entry["name"] == second]
    assert [entry["event"] for entry in entries] == ["begin", "sealed", "intent", "done"]
    assert entries[-1]["from"] == first


@pytest.mark.parametrize(
    ("shim", "moved", "event"), [(KILL_BEFORE, False, "abandoned"), (KILL_AFTER, True, "done")], ids=["before", "after"]
)
def test_the_next_run_completes_the_history_of_a_cutover_that_died(host: LocalHost, shim: str, moved: bool, event: str) -> None:
    first = host.release()
    second = host.build().facts["release"]
    host.shim("mv", shim)
    assert swap(host, second).code == 137
    (host.shims / "mv").unlink()
    assert host.history()[-1]["event"] == "intent"
    host.assert_live(second if moved else first)
    with host.lock() as locked:
        assert locked.state["live"]["name"] == (second if moved else first)
        assert locked.state["previous"] == (first if moved else None)
    last = host.history()[-1]
    assert (last["event"], last["name"], last["verb"]) == (event, second, "release")
    with host.lock():
        assert host.history()[-1] == last


def test_a_rollback_that_died_after_its_rename_still_marks_what_it_left(host: LocalHost) -> None:
    first, second = host.release(), host.release()
    host.shim("mv", KILL_AFTER)
    assert host.cut_over("", "rollback").code == 137
    (host.shims / "mv").unlink()
    with host.lock() as locked:
        states = {release["name"]: release["state"] for release in locked.state["releases"]}
    assert states == {first: "live", second: "bad"}


def test_what_a_dead_cutover_left_is_no_obstacle(host: LocalHost) -> None:
    host.release()
    second = host.build().facts["release"]
    host.shim("mv", KILL_BEFORE)
    swap(host, second)
    (host.shims / "mv").unlink()
    assert swap(host, second).code == 0
    host.assert_live(second)
    host.assert_clean()


def test_files_are_on_disk_before_the_rename_and_the_directory_after(host: LocalHost) -> None:
    name = host.build().facts["release"]
    order = host.folder / "order"
    for command in ("sync", "mv"):
        host.shim(command, f'echo "{command} ${{@: -1}}" >> "{order}"\nexec $REAL "$@"')
    assert swap(host, name).code == 0
    wanted = [f"sync {host.releases / name}", f"mv {host.live}", f"sync {host.home}"]
    assert order.read_text().splitlines() == wanted


def test_a_release_is_flushed_before_it_is_sealed(host: LocalHost) -> None:
    host.shim("sync", f'ls "${{@: -1}}" > "{host.folder}/seen"\nexec $REAL "$@"')
    assert host.build().code == 0
    seen = (host.folder / "seen").read_text().split()
    assert ("index.html" in seen, "release.json" in seen) == (True, False)


@pytest.mark.parametrize("when", ["before the cutover", "in the middle of it"])
def test_a_live_link_that_moved_meanwhile_stops_the_cutover(host: LocalHost, when: str) -> None:
    first, second = host.release(), host.release()
    mine = host.build().facts["release"]
    move = f"ln -sfn '{host.releases / first}' '{host.live}'"
    with host.lock() as locked:
        if when == "before the cutover":
            host.live.unlink()
            host.live.symlink_to(host.releases / first)
        else:
            host.shim("sync", f'{move}\nexec $REAL "$@"')
        done = host.run(cutover.cutover(host.environment), replace(locked.run, release=mine))
    assert done.code == 3
    assert all(word in done.failure for word in ("meanwhile", first, second))
    assert f"release --name {mine}" in done.texts("fail")
    host.assert_live(first)
    assert host.seal(mine)["name"] == mine


def test_a_first_release_does_not_overwrite_another_first_release(host: LocalHost) -> None:
    mine, theirs = host.build().facts["release"], host.build().facts["release"]
    with host.lock() as locked:
        host.live.symlink_to(host.releases / theirs)
        done = host.run(cutover.cutover(host.environment), replace(locked.run, release=mine))
    assert done.code == 3
    host.assert_live(theirs)


@pytest.mark.parametrize("name", ["source-20000101T000000Z", "..", "", "/", "repo.git", "source"])
def test_only_a_sealed_release_goes_live(host: LocalHost, name: str) -> None:
    host.release()
    live = str(host.live.readlink())
    assert swap(host, name).code == 3
    assert str(host.live.readlink()) == live


def test_a_live_directory_is_never_replaced(host: LocalHost) -> None:
    name = host.build().facts["release"]
    with host.lock() as locked:
        (host.live / "theirs").mkdir(parents=True)
        done = host.run(cutover.cutover(host.environment), replace(locked.run, release=name))
    assert (done.code, (host.live / "theirs").is_dir()) == (3, True)
    assert "is a directory" in done.failure


def test_a_cutover_without_the_lock_is_refused(host: LocalHost) -> None:
    first = host.release()
    second = host.build().facts["release"]
    run = host.new_run("release", release=second, live_at_start=str(host.live.readlink()))
    done = host.run(cutover.cutover(host.environment), run)
    assert done.code == 6
    host.assert_live(first)
