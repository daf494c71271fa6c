"""A job on its host: what it starts ends with it, whoever kills what, and nothing in it hangs for ever."""

import contextlib
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
from tasks.shell.render import program
from tests.support.host import LocalHost, Ran

DAEMON = "setsid -f sh -c 'echo $$ > {pid}; exec sleep 300' >/dev/null 2>&1; until [ -s {pid} ]; do sleep 0.02; done"
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
    """A build that somebody strikes once its command has written its pid; `strike` gets the job's pid."""
    host.use(apps={"web": {"bootstrap": [command]}}, **keys)
    with host.lock() as locked:
        run = replace(locked.run, ref="master")
        with host.start(program(build_phase.build(host.environment), run), run.nonce) as running:
            running.until("lane", "start")
            wait(lambda: pid.exists() and bool(pid.read_text().strip()))
            strike(host, int((host.state_dir / "jobs" / f"{run.id}-build" / "pid").read_text()))
            return running.end()


def kill_group(_: LocalHost, job: int) -> None:
    """As an operator who has had enough."""
    os.killpg(job, signal.SIGKILL)


def runner(job: int) -> int:
    """The process that runs the commands of a job."""
    children = Path(f"/proc/{job}/task/{job}/children").read_text().split()
    return next(int(child) for child in children if Path("/proc", child, "cmdline").read_bytes().startswith(b"python3"))


def kill_runner(_: LocalHost, job: int) -> None:
    """Only that process."""
    os.kill(runner(job), signal.SIGKILL)


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


def test_commands_whose_runner_is_killed_are_ended_by_their_job(host: LocalHost, pid: Path) -> None:
    done = struck(host, f"echo $$ > {pid}; exec sleep 300", pid, kill_runner)
    assert (done.code, "ended unexpectedly (137)" in done.failure) == (3, True)
    assert not alive(pid)
    mended(host)


def test_a_failed_build_ends_the_daemons_that_it_started(host: LocalHost, pid: Path) -> None:
    host.use(apps={"web": {"bootstrap": [DAEMON.format(pid=pid), "false"]}})
    assert host.build().code == 3
    assert not alive(pid)


def test_the_next_run_ends_the_daemons_of_one_that_died(host: LocalHost, pid: Path) -> None:
    struck(host, f"{DAEMON.format(pid=pid)}; sleep 300", pid, kill_group)
    assert alive(pid)
    mended(host)
    assert not alive(pid)


def test_the_daemon_of_a_build_that_went_well_is_its_own_business(host: LocalHost, pid: Path) -> None:
    host.use(apps={"web": {"bootstrap": [DAEMON.format(pid=pid)]}})
    try:
        assert host.build().code == 0
        host.use(apps={"web": {"bootstrap": ["false"]}})
        assert host.build().code == 3
        assert alive(pid)
    finally:
        os.kill(int(pid.read_text()), signal.SIGKILL)


def test_a_job_that_was_stopped_can_be_cancelled(host: LocalHost, pid: Path) -> None:
    def stop_and_cancel(host: LocalHost, job: int) -> None:
        os.killpg(job, signal.SIGSTOP)
        run = host.new_run("cancel")
        assert host.run(lock_phases.cancel_running(host.environment), run).code == 0

    assert struck(host, f"echo $$ > {pid}; exec sleep 300", pid, stop_and_cancel).code == 130
    assert not alive(pid)
    host.assert_clean()


def test_a_step_of_our_own_that_hangs_is_ended_at_the_steps_timeout(host: LocalHost) -> None:
    host.shim("mv", '[[ ${*: -1} == */releases/* ]] && sleep 300\nexec $REAL "$@"')
    host.use(step_timeout=6)
    done = host.build()
    assert (done.code, done.failure) == (3, "move was ended after 6 seconds (step_timeout)")
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


def test_a_short_program_that_hangs_is_ended_at_the_steps_timeout_too(host: LocalHost) -> None:
    first, second = host.release(), host.release()
    host.use(step_timeout=6)
    host.shim("ln", "sleep 300")
    done = host.cut_over(first)
    assert (done.code, done.failure) == (3, "swap was ended after 6 seconds (step_timeout)")
    host.assert_live(second)


def test_a_lock_that_hangs_is_ended_at_the_steps_timeout_too(host: LocalHost) -> None:
    host.use(step_timeout=1)
    host.shim("flock", "sleep 300")
    with host.lock() as locked:
        assert locked.refused
        assert (locked.refused.code, locked.refused.failure) == (3, "lock was ended after 1 seconds (step_timeout)")


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


def test_a_runner_that_is_stopped_ends_at_its_time_and_holds_nothing(host: LocalHost, pid: Path) -> None:
    def stop_runner(_: LocalHost, job: int) -> None:
        os.kill(runner(job), signal.SIGSTOP)

    done = struck(host, f"echo $$ > {pid}; exec sleep 300", pid, stop_runner, step_timeout=1)
    assert (done.code, "bootstrap was ended" in done.failure) == (3, True)
    assert not alive(pid)
    mended(host)


def test_a_runner_that_is_stopped_can_be_cancelled(host: LocalHost, pid: Path) -> None:
    def stop_and_cancel(host: LocalHost, job: int) -> None:
        os.kill(runner(job), signal.SIGSTOP)
        assert host.run(lock_phases.cancel_running(host.environment), host.new_run("cancel")).code == 0

    assert struck(host, f"echo $$ > {pid}; exec sleep 300", pid, stop_and_cancel).code == 130
    assert not alive(pid)
    host.assert_clean()


def test_a_migration_ends_with_who_runs_it(host: LocalHost, pid: Path) -> None:
    name = host.release()
    host.use(migrate=[f"echo $$ > {pid}; exec sleep 300"])
    with host.lock() as locked:
        run = replace(locked.run, release=name)
        with host.start(program(cutover_phases.migrate(host.environment), run), run.nonce) as running:
            running.until("lane", "start")
            wait(lambda: pid.exists() and bool(pid.read_text().strip()))
            os.kill(runner(int((host.state_dir / "jobs" / f"{run.id}-migrate" / "pid").read_text())), signal.SIGKILL)
            assert running.end().code == 3
    assert not alive(pid)


def test_a_follower_that_is_killed_says_that_the_job_goes_on(host: LocalHost, pid: Path) -> None:
    go = host.folder / "go"

    def kill_tail(_: LocalHost, job: int) -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if f"--pid={job}\0" in file.read_text():
                    os.kill(int(file.parent.name), signal.SIGKILL)

    done = struck(host, f"echo $$ > {pid}; until [[ -e {go} ]]; do sleep 0.02; done", pid, kill_tail)
    assert (done.code, done.failure) == (75, "")
    go.touch()
    wait(lambda: len(list(host.releases.glob("*/release.json"))) == 1)


def test_a_job_whose_files_were_deleted_can_be_cancelled(host: LocalHost, pid: Path) -> None:
    def delete_and_cancel(host: LocalHost, _: int) -> None:
        shutil.rmtree(host.state_dir / "jobs")
        assert host.run(lock_phases.cancel_running(host.environment), host.new_run("cancel")).code == 0

    struck(host, f"echo $$ > {pid}; exec sleep 300", pid, delete_and_cancel)
    assert not alive(pid)
    host.assert_clean()
