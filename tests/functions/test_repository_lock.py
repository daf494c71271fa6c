"""One at a time in repo.git, an earlier version of this tool included; what a dead git left locked stops nobody."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from tasks.host.failure import Failed
from tasks.host.repository import locked, unlock
from tests.functions.made import Made, set_up


@pytest.fixture
def run(tmp_path: Path) -> Made:
    set_up(tmp_path)
    return Made()


def is_free(path: str) -> bool:
    """Whether flock(1), as an earlier version used it, gets the lock of a path."""
    return subprocess.run(["flock", "--nonblock", path, "true"], check=False).returncode == 0


def test_who_has_it_shuts_out_earlier_versions_and_this_one(run: Made) -> None:
    with locked(run):
        assert not is_free(run.repo)
        assert not is_free(run.repo + ".lock")
        with pytest.raises(Failed, match="did not finish"), locked(run, wait=0):
            pass
    assert is_free(run.repo)
    assert is_free(run.repo + ".lock")
    assert Path(run.repo + ".lock").stat().st_mode & 0o777 == 0o600


def test_an_earlier_version_that_has_it_is_waited_for_with_a_note(run: Made) -> None:
    theirs = os.open(run.repo, os.O_RDONLY)
    fcntl.flock(theirs, fcntl.LOCK_EX)
    events: list[tuple[str, ...]] = []

    def note(event: tuple[str, ...]) -> None:
        events.append(event)
        os.close(theirs)

    run.report.send = note
    with locked(run):
        pass
    assert events == [("note", "waiting for another environment of this host to finish with repo.git")]


def test_the_lock_outlives_a_repository_that_is_renamed(run: Made) -> None:
    with locked(run):
        Path(run.repo).rename(run.repo + ".spoilt")
        Path(run.repo).mkdir()
        with pytest.raises(Failed), locked(run, wait=0):
            pass


def test_it_is_free_again_when_the_work_under_it_fails(run: Made) -> None:
    with pytest.raises(ZeroDivisionError), locked(run):
        raise ZeroDivisionError
    assert is_free(run.repo)


@pytest.mark.parametrize("name", ["index.lock", "packed-refs.lock", "refs/heads/a/b.lock"])
def test_a_lock_of_a_git_that_was_killed_is_removed(run: Made, name: str) -> None:
    file = Path(run.repo, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    (file.parent / "other").touch()
    unlock(run.repo)
    assert [path.name for path in file.parent.iterdir()] == ["other"]


@pytest.mark.parametrize("alive", [True, False])
def test_what_is_half_written_is_removed_unless_a_git_is_tidying(run: Made, alive: bool) -> None:
    files = [Path(run.repo, "objects", name) for name in ("tmp_objdir", "ab/tmp_obj_x", "pack/tmp_pack_y")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    process = subprocess.Popen(["sleep", "300"])
    try:
        if not alive:
            process.kill()
            process.wait()
        Path(run.repo, "gc.pid").write_text(f"{process.pid} here")
        unlock(run.repo)
    finally:
        process.kill()
        process.wait()
    assert [file.exists() for file in files] == [alive] * 3
