"""What was removed is deleted in the background: in nobody's way, started again when it died, reported when it cannot be."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.phases import cutover, lock
from tests.support.fab import until
from tests.support.host import LocalHost
from tests.support.nested import nested
from tests.support.origin import git
from tests.support.records import LocalRecords, name
from tests.support.talk import Talk
from tests.support.trash import deleted, trash

SLOW = """
[[ $* == */trash/* ]] || exec "$REAL" "$@"
echo $$ >>"$HOME/../removing"
until [[ -e $HOME/../go ]]; do sleep 0.02; done
exec "$REAL" "$@"
"""
STUCK = '[[ $* == *trash* && $* != *.left* && ! -e $HOME/../mended ]] && exit 1\nexec "$REAL" "$@"'

Old = Callable[..., None]


@pytest.fixture
def old(host: LocalHost) -> Old:
    """Make releases that are too many once another one is live."""
    made = LocalRecords(host)
    host.use(keep_releases=1)
    made.make(name(99))
    made.link(name(99))

    def old(*numbers: int) -> None:
        for number in numbers:
            made.sealed(number)
            made.write({"event": "sealed", "name": name(99)})

    return old


def removing(host: LocalHost) -> list[int]:
    """The programs that have begun to delete."""
    file = host.folder / "removing"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


@pytest.fixture
def remover(host: LocalHost, old: Old) -> Iterator[Talk]:
    """A host program that deletes a release, and does not come to an end with it."""
    old(0)
    host.shim("rm", SLOW)
    run = host.new_run("prune")
    talk = host.start(lock.lock(), run)
    try:
        assert talk.answer().code == 0
        talk.ask(run.request(cutover.prune(host.environment), host.environment))
        assert talk.answer().code == 0
        talk.hang_up()
        until(lambda: removing(host))
        yield talk
    finally:
        (host.folder / "go").touch()
        if removing(host):
            assert deleted(host.state_dir) == []
        talk.end()


@pytest.fixture
def busy(host: LocalHost, remover: Talk) -> LocalHost:
    """The host on which it is at work."""
    assert remover.pid
    return host


def field(pid: int, number: int) -> int:
    """A number of /proc/PID/stat, counted from 0 behind the command."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[number])


def test_prune_does_not_wait_for_what_it_removes(busy: LocalHost) -> None:
    assert not (busy.releases / name(0)).exists()
    assert len(trash(busy.state_dir)) == 1


def test_a_release_does_not_wait_for_what_is_deleted(busy: LocalHost) -> None:
    live = busy.release()
    assert len(trash(busy.state_dir)) == 1
    (busy.folder / "go").touch()
    busy.assert_live(live)
    busy.assert_clean()


def test_what_is_deleted_is_deleted_at_the_lowest_priority_and_by_a_session_of_its_own(busy: LocalHost, remover: Talk) -> None:
    (pid,) = removing(busy)
    assert (field(pid, 16), field(remover.pid, 16)) == (19, 19)  # nice
    assert field(remover.pid, 3) == remover.pid  # session
    assert "idle" in subprocess.run(["ionice", "-p", str(pid)], capture_output=True, check=True, text=True).stdout


def test_it_holds_nothing_of_the_run_that_started_it(busy: LocalHost, remover: Talk) -> None:
    process = Path(f"/proc/{remover.pid}")
    held = {str(link.readlink()) for link in (process / "fd").iterdir()}
    assert held - {"/dev/null"} <= {str(busy.state_dir / "trash"), "/memfd:output (deleted)"}
    assert str((process / "cwd").readlink()) == "/"


def test_two_never_delete_at_once_and_what_comes_meanwhile_goes_too(busy: LocalHost, old: Old) -> None:
    old(1)
    assert busy.prune().code == 0
    assert len(trash(busy.state_dir)) == 2
    assert len(removing(busy)) == 1
    (busy.folder / "go").touch()
    assert deleted(busy.state_dir) == []


@pytest.mark.parametrize("next_run", ["prune", "build"])
def test_one_that_died_is_started_again_by_the_next_run(busy: LocalHost, remover: Talk, next_run: str) -> None:
    os.kill(remover.pid, signal.SIGKILL)
    os.waitid(os.P_PID, remover.pid, os.WEXITED | os.WNOWAIT)  # it has the lowest priority, to die as well
    for pid in removing(busy):
        os.kill(pid, signal.SIGKILL)
    (busy.folder / "go").touch()
    assert len(trash(busy.state_dir)) == 1
    assert getattr(busy, next_run)().code == 0
    assert deleted(busy.state_dir) == []


def test_what_cannot_be_deleted_is_reported_once_by_each_prune_with_what_removes_it(host: LocalHost, old: Old) -> None:
    old(0)
    host.shim("rm", STUCK)
    assert host.prune().code == 0
    left, mark = deleted(host.state_dir)
    assert mark == f"{left}.left"
    for _ in range(2):
        done = host.prune()
        place = host.state_dir / "trash" / left
        assert done.code == 0
        assert [words[0].count(f"sudo rm -rf -- {place}") for words in done.all("warn")] == [1]
    (host.folder / "mended").touch()
    host.prune()
    until(lambda: trash(host.state_dir) == [])
    assert host.prune().all("warn") == []


def test_what_a_person_has_removed_is_not_reported_any_more(host: LocalHost, old: Old) -> None:
    old(0)
    host.shim("rm", STUCK)
    host.prune()
    left, _ = deleted(host.state_dir)
    subprocess.run(["/bin/rm", "-rf", host.state_dir / "trash" / left], check=True)
    assert host.prune().all("warn") == []
    until(lambda: trash(host.state_dir) == [])


def test_one_that_is_stuck_keeps_no_other_from_being_deleted(host: LocalHost, old: Old) -> None:
    old(0, 1)
    host.shim("rm", STUCK.replace("*trash*", f"*{name(0)}*"))
    assert host.prune().code == 0
    assert [entry.partition(".")[0] for entry in deleted(host.state_dir)] == [name(0), name(0)]


def test_directories_without_write_permission_are_deleted(host: LocalHost, old: Old) -> None:
    old(0)
    deep = host.releases / name(0) / "vendor" / "deep"
    deep.mkdir(parents=True)
    (deep / "file").touch()
    for folder in (deep, deep.parent, deep.parent.parent):
        folder.chmod(0o555)
    host.prune()
    assert not (host.releases / name(0)).exists()
    assert deleted(host.state_dir) == []


def test_a_build_that_fails_leaves_nothing_once_its_trash_is_deleted(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": ["mkdir -p a/b; touch a/b/c; false"]}})
    assert host.build().code == 3
    host.assert_clean()


@pytest.mark.parametrize("folder", ["two words", "it's", "$HOME", "a*b"])
def test_any_name_of_a_directory_will_do(host: LocalHost, folder: str) -> None:
    host.use(builds_dir=f"~/{folder}/builds", releases_dir=f"~/{folder}/releases", keep_releases=1)
    host.set_up()
    names = [host.release() for _ in range(3)]
    assert host.prune().code == 0
    assert {path.name for path in (host.home / folder / "releases").iterdir()} == set(names[1:])
    assert deleted(host.home / folder / "builds" / "source") == []


def packs(host: LocalHost) -> int:
    return len(list((host.repo / "objects" / "pack").glob("*.pack")))


def test_many_packs_of_the_repository_become_one_after_a_prune(host: LocalHost) -> None:
    host.release()
    for number in range(60):
        blob = written(host, f"{number}", "hash-object", "-w", "--stdin")
        written(host, blob, "pack-objects", "--quiet", "objects/pack/pack")
    git(host.repo, "prune-packed")
    assert packs(host) >= 60
    host.prune()
    until(lambda: packs(host) < 5 and not (host.repo / "gc.pid").exists())
    git(host.repo, "fsck", "--strict")
    git(host.repo, "cat-file", "-e", blob)  # nothing reaches it, and it is young
    host.release()


def written(host: LocalHost, text: str, *words: str) -> str:
    """What git prints in repo.git, with this on its stdin."""
    done = subprocess.run(["git", *words], cwd=host.repo, input=text, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_fetches_go_well_while_git_tidies_the_repository(host: LocalHost) -> None:
    host.release()
    with subprocess.Popen(["bash", "-c", "while :; do git gc --quiet --prune=2.weeks.ago; done"], cwd=host.repo) as tidying:
        try:
            for number in range(5):
                host.origin.commit({f"file{number}": f"{number}\n"})
                host.origin.tag(f"v{number}")
                done = host.build()
                assert done.code == 0, (done.failure, done.texts("tail"))
        finally:
            tidying.kill()
    git(host.repo, "fsck", "--strict")


def test_directories_in_one_another_without_end_are_deleted_and_stop_no_prune(host: LocalHost, old: Old) -> None:
    old(0)
    with nested(host.releases / name(0), "directory", host.state_dir / "trash"):
        host.shim("rm", STUCK)
        assert host.prune().code == 0
        until(lambda: [*(host.state_dir / "trash").glob("*.left")])
        assert "cannot delete all of" in host.prune().texts("warn")
        (host.folder / "mended").touch()
        assert host.prune().code == 0
        assert deleted(host.state_dir) == []
