"""A job on its host: what it starts ends with it, whoever kills what, and nothing in it hangs for ever."""

import os
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.phases import build as build_phase
from tasks.phases import cutover as cutover_phases
from tasks.phases import lock as lock_phases
from tests.support.host import LINK, LocalHost
from tests.support.talk import Ran

Strike = Callable[[LocalHost, int], None]


def alive(pid: Path) -> bool:
    """Is the process that has written its pid still there?"""
    return Path("/proc", pid.read_text().strip(), "exe").exists()


def wait(met: Callable[[], bool]) -> None:
    """Until it is so."""
    deadline = time.monotonic() + 30
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def struck(host: LocalHost, command: str, pid: Path, strike: Strike, **keys: object) -> Ran:
    """A build that somebody strikes once its command has written its pid; `strike` gets the pid of the process that works."""
    host.use(apps={"web": {"bootstrap": [command]}}, **keys)
    with host.lock() as locked:
        run = replace(locked.run, ref="master")
        with host.start(build_phase.build(host.environment), run) as running:
            running.until("lane", "start")
            wait(lambda: pid.exists() and bool(pid.read_text().strip()))
            strike(host, worker(host))
            return running.end()


def kill_group(_: LocalHost, job: int) -> None:
    """As an operator who has had enough."""
    os.killpg(job, signal.SIGKILL)


def worker(host: LocalHost) -> int:
    """The process of a job that works, as the job's lock is signed."""
    return int((host.state_dir / "job.lock").read_text().split("\t")[4])


def waiter(working: int) -> int:
    """The process of a job that waits for the one that works."""
    return int(Path(f"/proc/{working}/stat").read_text().rpartition(")")[2].split()[1])


def kill_worker(_: LocalHost, job: int) -> None:
    """Only that process."""
    os.kill(job, signal.SIGKILL)


@pytest.fixture
def pid(host: LocalHost) -> Path:
    """Where a command writes its pid."""
    return host.folder / "pid"


def mended(host: LocalHost) -> None:
    """The next run goes well, and leaves nothing over."""
    host.use(apps={})
    wait(lambda: host.build().code == 0)
    host.assert_clean()


@pytest.mark.parametrize("command", ["echo $$ > {pid}; exec sleep 300", "sleep 300 & echo $! > {pid}; wait"])
def test_a_job_that_is_killed_with_its_group_takes_its_commands_along(host: LocalHost, pid: Path, command: str) -> None:
    done = struck(host, command.format(pid=pid), pid, kill_group)
    assert "killed on the host (signal 9)" in done.failure
    wait(lambda: not alive(pid))
    mended(host)


def test_a_job_whose_working_process_is_killed_is_undone_at_once(host: LocalHost, pid: Path) -> None:
    done = struck(host, f"echo $$ > {pid}; exec sleep 300", pid, kill_worker)
    assert (done.code, "killed on the host (signal 9)" in done.failure) == (3, True)
    assert not alive(pid)
    host.assert_clean()


def test_a_job_whose_waiting_process_is_killed_goes_on(host: LocalHost, pid: Path) -> None:
    go = host.folder / "go"

    def kill_waiter(_: LocalHost, job: int) -> None:
        os.kill(waiter(job), signal.SIGKILL)
        go.touch()

    done = struck(host, f"echo $$ > {pid}; until [[ -e {go} ]]; do sleep 0.02; done", pid, kill_waiter)
    assert (done.code, done.failure) == (0, "")


def test_a_job_whose_processes_are_both_killed_is_mended_by_the_next_run(host: LocalHost, pid: Path) -> None:
    def kill_both(_: LocalHost, job: int) -> None:
        for process in (waiter(job), job):
            os.kill(process, signal.SIGKILL)

    done = struck(host, f"echo $$ > {pid}; exec sleep 300", pid, kill_both)
    assert (done.code, "killed on the host" in done.failure) == (3, True)
    mended(host)
    assert not alive(pid)


def test_a_job_that_was_stopped_can_be_cancelled(host: LocalHost, pid: Path) -> None:
    def stop_and_cancel(host: LocalHost, job: int) -> None:
        os.killpg(job, signal.SIGSTOP)
        run = host.new_run("cancel")
        assert host.run(lock_phases.cancel(of_anybody=True), run).code == 0

    assert struck(host, f"echo $$ > {pid}; exec sleep 300", pid, stop_and_cancel).code == 130
    assert not alive(pid)
    host.assert_clean()


def test_a_step_of_our_own_that_hangs_is_ended_at_the_steps_timeout(host: LocalHost) -> None:
    host.shim("git", '[[ $* == *reset\\ --hard* ]] && sleep 300; exec $REAL "$@"')
    host.use(step_timeout=1)
    done = host.build()
    assert (done.code, "worktree" in done.failure) == (3, True)
    host.assert_clean()


def test_what_a_job_puts_by_for_a_full_disk_is_given_back(host: LocalHost) -> None:
    seen = host.folder / "seen"
    host.use(apps={"web": {"bootstrap": [f"cp {host.state_dir}/jobs/*-build/reserve {seen}"]}})
    assert host.build().code == 0
    assert seen.stat().st_size == 65536
    assert list(host.state_dir.glob("jobs/*/reserve")) == []


@pytest.mark.parametrize(
    "lock", ["packed-refs.lock", "config.lock", "refs/remotes/origin/master.lock", "shallow.lock", "HEAD.lock"]
)
def test_a_lock_of_a_git_that_was_killed_stops_nobody(host: LocalHost, lock: str) -> None:
    assert host.build().code == 0
    host.origin.commit({"page": "another"})
    (host.repo / lock).parent.mkdir(parents=True, exist_ok=True)
    (host.repo / lock).touch()
    done = host.build()
    assert (done.code, done.failure) == (0, "")
    assert not (host.repo / lock).exists()


@pytest.mark.parametrize("half", ["objects/89/tmp_obj_PYLs6j", "objects/pack/tmp_pack_a1b2c3"])
def test_what_a_fetch_on_a_full_disk_left_half_written_goes_with_the_next(host: LocalHost, half: str) -> None:
    assert host.build().code == 0
    (host.repo / half).parent.mkdir(parents=True, exist_ok=True)
    (host.repo / half).write_text("half")
    assert host.build().code == 0
    assert not (host.repo / half).exists()


def test_what_a_tidying_git_is_writing_is_left_to_it(host: LocalHost) -> None:
    assert host.build().code == 0
    half = host.repo / "objects" / "pack" / "tmp_pack_a1b2c3"
    half.write_text("half")
    (host.repo / "gc.pid").write_text(f"{os.getpid()} here")
    assert host.build().code == 0
    assert half.exists()


def test_a_job_that_is_stopped_ends_at_its_steps_time_and_holds_nothing(host: LocalHost, pid: Path) -> None:
    def stop(_: LocalHost, job: int) -> None:
        os.kill(job, signal.SIGSTOP)

    done = struck(host, f"echo $$ > {pid}; exec sleep 300", pid, stop, step_timeout=1)
    assert (done.code, "bootstrap was ended" in done.failure) == (3, True)
    assert not alive(pid)
    mended(host)


def test_a_migration_ends_with_who_runs_it(host: LocalHost, pid: Path) -> None:
    name = host.release()
    host.use(migrate=[f"echo $$ > {pid}; exec sleep 300"])
    with host.lock() as locked:
        run = replace(locked.run, release=name)
        locked.keeper.ask(run.request(cutover_phases.migrate(host.environment), host.environment))
        locked.keeper.until("lane", "start")
        wait(lambda: pid.exists() and bool(pid.read_text().strip()))
        os.kill(worker(host), signal.SIGKILL)
        assert locked.keeper.answer().code == 3
    assert not alive(pid)


def test_a_job_outlives_the_program_that_follows_it(host: LocalHost, pid: Path) -> None:
    go = host.folder / "go"
    host.use(apps={"web": {"bootstrap": [f"echo $$ > {pid}; until [[ -e {go} ]]; do sleep 0.02; done"]}})
    with host.lock() as locked:
        with host.start(build_phase.build(host.environment), replace(locked.run, ref="master")) as running:
            running.until("lane", "start")
        go.touch()
        wait(lambda: len(list(host.releases.glob("*/release.json"))) == 1)


def test_a_job_whose_files_were_deleted_can_be_cancelled(host: LocalHost, pid: Path) -> None:
    def delete_and_cancel(host: LocalHost, _: int) -> None:
        shutil.rmtree(host.state_dir / "jobs")
        assert host.run(lock_phases.cancel(of_anybody=True), host.new_run("cancel")).code == 0

    struck(host, f"echo $$ > {pid}; exec sleep 300", pid, delete_and_cancel)
    assert not alive(pid)
    host.assert_clean()


def test_a_job_that_was_refused_without_the_lock_begins_anew_with_it(host: LocalHost) -> None:
    phase, run = build_phase.build(host.environment), host.new_run("build", ref="master", release=f"{LINK}-20260101T000000Z")
    refused = host.run(phase, run)
    assert (refused.code, refused.facts["lost_lock"]) == (6, "yes")
    with host.start(lock_phases.lock(returns=True), run) as keeper:
        keeper.until("locked")
        assert host.run(phase, run).code == 0
