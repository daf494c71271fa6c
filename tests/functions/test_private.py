"""What the tool has on a host is nobody else's; a cancel ends what it has verified, and nothing else."""

import fcntl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.host import programs
from tasks.phases import lock as lock_phases
from tests.support.host import LocalHost
from tests.support.setting_up import set_up


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_setup_makes_directories_and_locks_that_only_the_release_user_can_open(bare_host: LocalHost) -> None:
    set_up(bare_host)
    builds = bare_host.state_dir.parent
    assert [mode(path) for path in (builds, bare_host.state_dir, bare_host.repo)] == [0o700] * 3
    locks = [bare_host.state_dir / "lock", bare_host.state_dir / "move", builds / "repo.git.lock"]
    assert [mode(path) for path in locks] == [0o600] * 3
    assert mode(bare_host.releases) == 0o755


def test_the_first_lock_closes_what_an_earlier_version_has_left_open_without_a_new_inode(host: LocalHost) -> None:
    builds = host.state_dir.parent
    folders = [builds, host.state_dir, host.repo]
    locks = [host.state_dir / name for name in ("lock", "job.lock", "move")] + [builds / "repo.git.lock"]
    for folder in folders:
        folder.chmod(0o755)
    for lock in locks:
        lock.touch()
        lock.chmod(0o644)
    before = [path.stat().st_ino for path in locks]
    with host.lock("build"):
        pass
    assert [mode(path) for path in folders] == [0o700] * 3
    assert [(mode(path), path.stat().st_ino) for path in locks] == [(0o600, number) for number in before]


def test_a_builds_dir_in_which_the_releases_are_stays_open(host: LocalHost) -> None:
    shared = host.home / "shared"
    host.use(builds_dir="~/shared", releases_dir="~/shared/releases")
    set_up(host)
    shared.chmod(0o755)
    with host.lock("build"):
        assert [mode(path) for path in (shared, shared / "releases", shared / "source")] == [0o755, 0o755, 0o700]


class Job:
    """A process that leads a group, and a lock that a job seems to hold."""

    def __init__(self, host: LocalHost, started: str | None) -> None:
        self.host, self.run = host, replace(host.new_run("build"), id="r1")
        self.process = subprocess.Popen(["sleep", "300"], start_new_session=True)
        start = str(programs.started(self.process.pid)) if started is None else started
        place = host.state_dir / "job.lock"
        place.write_text("\t".join(["r1", "anna", "build", "2026-01-01", str(self.process.pid), "build", "", start]) + "\n")
        self.file = place.open()
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def cancelled(self) -> bool:
        """Whether a cancel has ended the process."""
        self.host.run(lock_phases.cancel(), self.run)
        return self.process.poll() is not None


@pytest.mark.parametrize(("started", "ends"), [(None, True), ("1", False), ("", True)])
def test_a_cancel_signals_only_the_group_whose_leader_has_signed(host: LocalHost, started: str | None, ends: bool) -> None:
    job = Job(host, started)
    try:
        assert job.cancelled() == ends
    finally:
        job.process.kill()
        job.process.wait()
        job.file.close()
