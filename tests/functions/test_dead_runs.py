"""Promise 5: the next run repairs what a dead run left, with no manual step; and what is not ours is never touched."""

import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.config.models import Environment
from tasks.phases import build as build_phase
from tasks.phases import lock as lock_phases
from tasks.phases.step import Step
from tasks.remote import packing
from tests.support.fab import until
from tests.support.host import LocalHost, Locked
from tests.support.snapshot import snapshot
from tests.support.talk import Ran

KEYS = {
    "apps": {"web": {"bootstrap": ["touch built"], "drop": ["public"]}},
    "publish": ["touch published"],
    "verify": ["true"],
}
PHASE = build_phase.build(Environment.model_validate({"repository": "x", "name": "x", **KEYS}, by_name=True))
STEPS = [step.name for step in PHASE.steps]
DYING = """
import os, signal

def power_cut(run):
    for pid in (os.getppid(), os.getpid()):
        os.kill(pid, signal.SIGKILL)

def link(run, target):
    os.rename(run.build, run.build + ".gone")
    os.symlink(target, run.build)
    power_cut(run)

def seal(run):
    from tasks.host.build import seal
    seal.write(run, run.release, {"commit": run.commit})
    power_cut(run)
"""


@pytest.fixture
def busy(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> LocalHost:
    """A host whose program has a module more, with the functions of DYING."""
    texts = packing.sources
    monkeypatch.setattr(packing, "sources", lambda modules: {**texts(modules), "dying": DYING})
    host.use(**KEYS)
    return host


def dying(host: LocalHost, locked: Locked, before: str, function: str, *arguments: str) -> Ran:
    """Run a build that dies, in both of its processes, as soon as it comes to the step `before`."""
    phase = build_phase.build(host.environment)
    place = [step.name for step in phase.steps].index(before)
    steps = (*phase.steps[:place], Step("die", f"dying:{function}", arguments), *phase.steps[place:])
    return host.run(phase._replace(steps=steps), replace(locked.run, ref="master"))


@pytest.mark.parametrize("step", STEPS)
def test_the_next_run_removes_what_a_build_left_that_died_before(busy: LocalHost, step: str) -> None:
    with busy.lock() as locked:
        assert "killed on the host" in dying(busy, locked, step, "power_cut").failure
    assert busy.build().code == 0
    busy.assert_clean()
    assert len(list(busy.releases.iterdir())) == 1


@pytest.mark.parametrize("step", STEPS)
def test_the_next_run_builds_under_the_name_of_a_build_that_died_before(busy: LocalHost, step: str) -> None:
    """As `adopt` does: what it builds is named by the other hosts."""
    with busy.lock() as locked:
        assert "killed on the host" in dying(busy, locked, step, "power_cut").failure
        name = locked.run.release
    with busy.lock() as again:
        built = busy.run(build_phase.build(busy.environment), replace(again.run, ref="master", release=name))
    assert (built.code, built.failure) == (0, "")
    assert [path.name for path in busy.releases.iterdir()] == [name]
    busy.assert_clean()


def test_a_build_that_died_right_after_its_seal_is_a_release_like_any_other(busy: LocalHost) -> None:
    with busy.lock() as locked:
        dying(busy, locked, "seal", "seal")
    busy.build()
    sealed = locked.run.release
    assert [entry["event"] for entry in busy.history() if entry.get("name") == sealed] == ["begin", "sealed"]
    assert busy.cut_over(sealed).code == 0
    busy.assert_clean()


def test_nothing_is_swept_that_is_not_ours(busy: LocalHost) -> None:
    theirs = (
        busy.releases / "source-20200101T000000Z",
        busy.releases / "notes",
        busy.builds / "other",
        busy.state_dir / "mine",
    )
    for folder in theirs:
        (folder / "file").parent.mkdir()
        (folder / "file").write_text("theirs")
    before = [snapshot(folder) for folder in theirs]
    assert busy.build().code == 0
    assert [snapshot(folder) for folder in theirs] == before


@pytest.mark.parametrize("name", ["..", "../../theirs", "/etc", "source", "source-x", "", "source-preprod-20200101T000000Z"])
def test_a_name_that_is_none_in_history_removes_nothing(busy: LocalHost, name: str) -> None:
    theirs = busy.home / "theirs"
    theirs.mkdir()
    (busy.releases / "source-preprod-20200101T000000Z").mkdir()
    with (busy.state_dir / "history").open("a") as history:
        history.write(f'{{"event": "begin", "name": "{name}"}}\n')
    assert busy.build().code == 0
    assert theirs.is_dir()
    assert (busy.releases / "source-preprod-20200101T000000Z").is_dir()


def test_a_link_in_the_place_of_a_dead_build_is_removed_and_not_followed(busy: LocalHost) -> None:
    theirs = busy.home / "theirs"
    (theirs / "kept").mkdir(parents=True)
    with busy.lock() as locked:
        dying(busy, locked, "move", "link", str(theirs))
    for gone in busy.state_dir.glob("*.gone"):
        shutil.rmtree(gone)
    assert busy.build().code == 0
    assert (theirs / "kept").is_dir()
    busy.assert_clean()


def test_a_build_keeps_the_job_lock_when_its_workstation_has_gone(busy: LocalHost) -> None:
    go = busy.folder / "go"
    busy.use(apps={"web": {"bootstrap": [f"until [[ -e {go} ]]; do sleep 0.02; done"]}})
    with busy.lock() as locked:
        run = replace(locked.run, ref="master")
        with busy.start(build_phase.build(busy.environment), run) as running:
            running.until("lane", "start")
            locked.keeper.end()
            running.leave()
            with busy.lock() as second:
                assert second.refused
                assert (second.refused.code, "still running" in second.refused.failure) == (6, True)
            go.touch()
            until(lambda: (busy.releases / run.release / "release.json").exists())
    assert busy.seal(run.release)["name"] == run.release


def test_a_build_whose_lock_somebody_else_took_does_nothing(busy: LocalHost) -> None:
    with busy.lock() as lost:
        lost.keeper.end()
        with busy.lock(), busy.start(build_phase.build(busy.environment), replace(lost.run, ref="master")) as running:
            done = running.end()
    assert (done.code, done.steps) == (6, [])
    busy.assert_clean()


def cancelled(host: LocalHost, command: str, pid: Path) -> Ran:
    """A build that is cancelled once its command has written its pid."""
    host.use(apps={"web": {"bootstrap": [command]}})
    with host.lock() as locked:
        run = replace(locked.run, ref="master")
        with host.start(build_phase.build(host.environment), run) as running:
            running.until("lane", "start")
            until(lambda: pid.exists() and pid.read_text().strip() != "")
            assert host.run(lock_phases.cancel(), run).code == 0
            return running.end()


def test_a_cancelled_build_removes_itself_and_frees_the_lock(host: LocalHost) -> None:
    pid = host.folder / "pid"
    assert cancelled(host, f"sleep 300 & echo $! > {pid}; wait", pid).code == 130
    host.assert_clean()
    assert not Path("/proc", pid.read_text().strip(), "exe").exists()
    assert (host.history()[-1]["event"], host.history()[-1]["code"]) == ("failed", "130")


def test_a_command_that_ignores_the_end_is_killed(host: LocalHost) -> None:
    pid = host.folder / "pid"
    assert cancelled(host, f"trap '' TERM INT HUP; echo $$ > {pid}; while :; do sleep 0.1; done", pid).code == 130
    host.assert_clean()


def test_a_child_that_ignores_the_end_is_killed_with_its_parent(host: LocalHost) -> None:
    pid = host.folder / "pid"
    stubborn = f"(trap '' TERM INT HUP; echo $BASHPID > {pid}; while :; do sleep 0.1; done) & wait"
    assert cancelled(host, stubborn, pid).code == 130
    assert not Path("/proc", pid.read_text().strip(), "exe").exists()


def test_another_runs_job_is_not_cancelled(host: LocalHost) -> None:
    pid = host.folder / "pid"
    host.use(apps={"web": {"bootstrap": [f"echo $$ > {pid}; until [[ -e {pid}.go ]]; do sleep 0.02; done"]}})
    with host.lock() as locked:
        run = replace(locked.run, ref="master")
        with host.start(build_phase.build(host.environment), run) as running:
            running.until("lane", "start")
            host.run(lock_phases.cancel(), host.new_run("build"))
            Path(f"{pid}.go").touch()
            assert running.end().code == 0


def test_a_workstation_that_goes_away_does_not_end_a_build(host: LocalHost) -> None:
    go = host.folder / "go"
    host.use(apps={"web": {"bootstrap": [f"until [[ -e {go} ]]; do sleep 0.02; done; seq 10000"]}})
    with host.lock() as locked:
        run = replace(locked.run, ref="master")
        with host.start(build_phase.build(host.environment), run) as running:
            running.until("lane", "start")
            os.kill(running.pid, signal.SIGHUP)
            running.leave()
            go.touch()
            until(lambda: (host.releases / run.release / "release.json").exists())
    assert host.seal(run.release)["name"] == run.release


@pytest.mark.parametrize("place", ["builds", "releases"])
def test_what_a_survivor_makes_again_is_removed_by_the_next_run(host: LocalHost, place: str) -> None:
    host.use(apps={"web": {"bootstrap": ["false"]}})
    assert host.build().code == 3
    name = host.history()[-1]["name"]
    left = (host.state_dir if place == "builds" else host.releases) / name
    (left / "x").mkdir(parents=True)
    host.use(apps={})
    assert host.build().code == 0
    assert not left.exists()
    host.assert_clean()


def test_a_command_that_ends_who_runs_it_fails_the_build_and_interrupts_nobody(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": ["kill -TERM $PPID; sleep 5"]}})
    assert host.build().code == 3
    host.assert_clean()
