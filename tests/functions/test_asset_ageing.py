"""How long a file is in the pool: with a release that counts, and a week after the last one; and how one is taken out."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.host.assets import ageing
from tasks.host.failure import Failed
from tests.support.host import LocalHost
from tests.support.pool import PATHS, Pooled
from tests.support.records import name
from tests.support.snapshot import snapshot

DAY = 86400
Wait = Callable[[float], None]


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> Wait:
    """Let so many days pass, or go back."""
    now = [time.time()]
    monkeypatch.setattr(time, "time", lambda: now[0])

    def wait(days: float) -> None:
        now[0] += days * DAY

    return wait


@pytest.fixture
def pooled(host: LocalHost) -> Pooled:
    """Releases 0 to 3 went live in turn; each has a file of its own, and one with a neighbour."""
    pooled = Pooled(host)
    for number in range(4):
        pooled.make(number, f"app.0000000{number}.js", f"both.0000000{number // 2}.js")
        pooled.live(number, before=number - 1 if number else None)
        pooled.fill(number)
    return pooled


def remove(pooled: Pooled, *numbers: int) -> None:
    """Prune these releases."""
    for number in numbers:
        (pooled.host.releases / name(number)).rename(pooled.host.folder / f"gone {number}")


def test_what_a_release_that_is_there_has_stays_however_old_it_is(pooled: Pooled, wait: Wait) -> None:
    before = snapshot(pooled.root)
    for _ in range(3):
        wait(100)
        pooled.age()
    assert snapshot(pooled.root) == before


def test_what_no_release_has_stays_for_a_week_after_the_last_one_that_had_it(pooled: Pooled, wait: Wait) -> None:
    pooled.age()
    remove(pooled, 0, 1)
    wait(6.9)
    pooled.age()
    assert len(pooled.files) == 6
    wait(0.2)
    run = pooled.age()
    assert pooled.files == {"app.00000002.js", "app.00000003.js", "both.00000001.js"}
    assert [event[1] for event in run.events if event[0] == "note"] == [
        "asset pool: 3 files removed, which no release has had for 7 days"
    ]


def test_the_last_that_were_live_count_even_when_they_were_pruned(pooled: Pooled, wait: Wait) -> None:
    remove(pooled, 0, 1, 2)
    wait(100)
    pooled.age(keep=3)
    assert pooled.files == {"app.00000001.js", "app.00000002.js", "app.00000003.js", "both.00000000.js", "both.00000001.js"}


def test_a_spoilt_record_loses_no_file_and_the_week_begins_anew(pooled: Pooled, wait: Wait) -> None:
    remove(pooled, 0, 1)
    (pooled.host.state_dir / "assets.json").write_text("{")
    wait(100)
    pooled.age()
    assert len(pooled.files) == 6
    wait(7.1)
    pooled.age()
    assert pooled.files == {"app.00000002.js", "app.00000003.js", "both.00000001.js"}


def test_a_clock_that_was_ahead_keeps_a_file_for_a_week_and_no_year(pooled: Pooled, wait: Wait) -> None:
    wait(365)
    pooled.age()
    remove(pooled, 0, 1)
    wait(-365)
    pooled.age()
    wait(7.1)
    pooled.age()
    assert len(pooled.files) == 3


def test_what_people_put_there_stays_and_empty_directories_go(pooled: Pooled, wait: Wait) -> None:
    theirs = pooled.path("robots.txt")
    theirs.write_text("theirs")
    pooled.path("link.deadbeef.js").symlink_to("/nowhere")
    pooled.make(9, "images/old.deadbeef.png")
    pooled.fill(9)
    remove(pooled, 0, 1, 9)
    pooled.age()
    wait(8)
    pooled.age()
    assert pooled.files == {"app.00000002.js", "app.00000003.js", "both.00000001.js", "robots.txt", "link.deadbeef.js"}
    assert not pooled.path("images").exists()


def test_a_host_without_a_pool_gets_none(host: LocalHost) -> None:
    Pooled(host).age()
    assert not (host.home / "assets").exists()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 4), st.sampled_from([0, 1, 5, 8])), max_size=12), keep=st.integers(1, 3))
def test_whatever_happens_what_is_live_and_was_before_is_in_the_pool(
    tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[int, int]], keep: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Releases go live in any order, days pass, prune runs after each."""
    now = [1_800_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    pooled = Pooled(LocalHost(tmp_path_factory.mktemp("host")))
    for number in range(5):
        pooled.make(number, f"app.0000000{number}.js")
    live = None
    for number, days in moves:
        pooled.fill(number)
        pooled.live(number, before=live)
        pooled.age(keep)
        had = {f"app.0000000{each}.js" for each in (live, number) if each is not None}
        assert had <= pooled.files
        live, now[0] = number, now[0] + days * DAY


# -- one by its name


def test_one_is_taken_out_by_its_path(pooled: Pooled) -> None:
    path = f"{PATHS[0]}/app.00000001.js"
    ageing.take_out(run := pooled.run(), path, PATHS)
    assert run.facts == {"removed": path}
    assert "app.00000001.js" not in pooled.files
    assert path not in json.loads((pooled.host.state_dir / "assets.json").read_text())["files"]
    pooled.fill(1)
    assert "app.00000001.js" in pooled.files


@pytest.mark.parametrize("path", ["app.00000001.js", f"{PATHS[0]}/none.js", PATHS[0], f"{PATHS[0]}/app.00000001.js/x"])
def test_one_that_is_not_there_is_no_fact(pooled: Pooled, path: str) -> None:
    before = snapshot(pooled.root)
    ageing.take_out(run := pooled.run(), path, PATHS)
    assert (run.facts, snapshot(pooled.root) == before) == ({}, True)


@pytest.mark.parametrize("path", ["", ".", "..", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", ".new/0", "a\0b"])
def test_a_path_that_is_no_path_below_it_is_refused(pooled: Pooled, path: str) -> None:
    with pytest.raises(Failed, match="is no path below the asset pool"):
        ageing.take_out(pooled.run(), path, PATHS)


def test_no_link_in_the_pool_leads_out_of_it(pooled: Pooled, tmp_path: Path) -> None:
    (tmp_path / "x.js").write_text("x")
    (pooled.root / "out").symlink_to(tmp_path)
    ageing.take_out(pooled.run(), "out/x.js", PATHS)
    assert (tmp_path / "x.js").exists()
