"""check: the tools of a host, what setup makes, room for a release, what is live, and the clock."""

import builtins
import json
import os
import re
import subprocess
from types import SimpleNamespace
from typing import Any

import pytest

from tasks.phases.check import check
from tests.functions.check.conftest import Machine, lines
from tests.functions.made import set_up
from tests.support.lines import Lines
from tests.support.snapshot import snapshot
from tests.unit.made import environment

SETUP = "fab -H prod setup"


@pytest.fixture
def host(machine: Machine) -> Machine:
    """A host that is set up, with nothing live."""
    set_up(machine.home)
    repo = machine.home / "builds" / "repo.git"
    subprocess.run(["git", "init", "--quiet", "--bare", repo], check=True)
    subprocess.run(["git", "-C", repo, "remote", "add", "origin", "/nowhere"], check=True)
    return machine


def checked(*steps: str, **keys: Any) -> Lines:
    """The lines of these steps of the release user's half, with these keys in hosts.yml."""
    there = environment(**keys)
    return lines(check(there), there, *steps)


# -- tools


@pytest.mark.usefixtures("machine")
def test_the_tools_that_are_there_have_one_line() -> None:
    assert checked("tools") == Lines(("tools: bash git du find mountpoint rm stat",), (), ())


def test_a_tool_that_is_not_there_fails(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("bash", "du", "find", "mountpoint", "rm", "stat"):
        machine.program(name)
    monkeypatch.setenv("PATH", str(machine.programs))
    assert checked("tools").fail == ("missing on the host: git -> sudo apt-get install the packages they come from",)


@pytest.mark.usefixtures("machine")
def test_a_python_without_ctypes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name == "ctypes":
            raise ImportError(name)
        return usual(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    assert checked("tools").fail == ("python3 has no ctypes on this host -> sudo apt-get install python3",)


# -- what setup makes


@pytest.mark.usefixtures("host")
def test_a_host_that_is_set_up_has_one_line() -> None:
    assert checked("setup") == Lines(("builds and releases are on one filesystem",), (), ())


def test_a_host_that_is_not_set_up_names_what_is_missing(machine: Machine) -> None:
    places = ("builds/source", "releases", "builds/repo.git")
    assert checked("setup").fail == tuple(f"{machine.home}/{place} is missing -> {SETUP}" for place in places)


def test_a_repository_that_is_spoilt_fails(host: Machine) -> None:
    (host.home / "builds" / "repo.git" / "HEAD").unlink()
    (failed,) = checked("setup").fail
    assert failed.startswith("repo.git is spoilt: git does not take it for a bare repository -> fab -H prod setup")


def test_a_fifo_where_a_file_should_be_fails(host: Machine) -> None:
    os.mkfifo(host.home / "builds" / "source" / "history")
    (failed,) = checked("setup").fail
    assert re.search("history is not the file that it should be -> ls -ld .* # on the host; then move it away", failed)


def test_two_filesystems_fail(host: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = os.stat

    def stat(path: Any, **named: Any) -> Any:
        return SimpleNamespace(st_dev=-1) if path == str(host.releases) else usual(path, **named)

    monkeypatch.setattr("tasks.host.check.state.os.path.isdir", lambda _path: True)
    monkeypatch.setattr(os, "stat", stat)
    assert "are on different filesystems -> put builds_dir and releases_dir" in checked("setup").fail[0]


@pytest.mark.parametrize("place", ["builds/source", "releases", "builds/repo.git", "."])
def test_a_place_that_cannot_be_written_to_fails(host: Machine, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    closed = str(host.home / place)
    monkeypatch.setattr(os, "access", lambda path, mode: path != closed or mode != os.W_OK)
    (failed,) = checked("setup").fail
    assert failed.startswith(f"{closed} cannot be written to by ftsuser")


# -- room


def lay_built(host: Machine, **size: int) -> None:
    """A live release that was built here, of this size."""
    folder = host.release()
    seal = {"name": folder.name, "live_link": "source", "commit": "c" * 40, "size": size or None}
    (folder / "release.json").write_text(json.dumps(seal))


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Set what the filesystem has free."""

    def set_free(kilobytes: int, inodes: int = 10**6, all_inodes: int = 10**6) -> None:
        found = SimpleNamespace(f_bavail=kilobytes, f_frsize=1000, f_files=all_inodes, f_ffree=inodes)
        monkeypatch.setattr(os, "statvfs", lambda _path: found)

    return set_free


def test_too_little_room_for_the_newest_release_and_half_again_fails(host: Machine, free: Any) -> None:
    lay_built(host, bytes=4_000_000, inodes=10)
    for kilobytes, fails in ((5999, True), (6000, False)):
        free(kilobytes)
        found = [f"only 5 MB and 1000000 inodes are free in {host.releases}" in each for each in checked("room").fail]
        assert found == [True] * fails


def test_too_few_inodes_fail(host: Machine, free: Any) -> None:
    lay_built(host, bytes=1000, inodes=100)
    for inodes, fails in ((0, True), (149, True), (150, False)):
        free(10**6, inodes)
        assert [f"and {inodes} inodes are free" in each for each in checked("room").fail] == [True] * fails


def test_a_release_whose_size_was_not_written_down_is_measured(host: Machine, free: Any) -> None:
    lay_built(host)
    (host.live / "large").write_bytes(b"x" * 3_000_000)
    free(4000)
    assert "a release needs about 4 MB" in checked("room").fail[0]


def test_a_filesystem_that_counts_no_inodes_has_enough_of_them(host: Machine, free: Any) -> None:
    lay_built(host, bytes=1000, inodes=100)
    free(10**6, 0, 0)
    assert checked("room") == Lines((f"room for a release in {host.releases}",), (), ())


def test_before_a_first_release_less_than_a_gigabyte_is_a_warning_and_what_a_build_refuses_fails(
    host: Machine, free: Any
) -> None:
    for kilobytes, warns, fails in ((1_000_000, 0, 0), (999_999, 1, 0), (50_000, 1, 0), (49_999, 0, 1)):
        free(kilobytes)
        found = checked("room")
        assert (len(found.warn), len(found.fail)) == (warns, fails)
        said = f"only {kilobytes // 1000} MB and 1000000 inodes are free in {host.releases}"
        assert said in "".join(found.bad) or kilobytes == 1_000_000


@pytest.mark.usefixtures("machine")
def test_where_there_is_no_directory_of_releases_its_room_is_not_asked_for() -> None:
    assert checked("room") == Lines((), (), ())


def test_what_setup_took_over_is_no_measure_of_a_build(host: Machine, free: Any) -> None:
    (host.release() / "media").write_bytes(b"x" * 3_000_000)
    free(1_000_000)
    assert checked("room").fail == ()


# -- live, hold and clock


def test_a_sealed_live_release_has_a_line(host: Machine) -> None:
    name = host.release().name
    assert checked("live") == Lines((f"live: {name}",), (), ())


@pytest.mark.usefixtures("host")
def test_nothing_live_is_a_warning() -> None:
    assert checked("live").warn == ("nothing is live yet -> fab -H prod deploy --ref BRANCH",)


@pytest.mark.parametrize("broken", ["directory", "no seal", "nothing there", "elsewhere"])
def test_a_live_link_to_no_sealed_release_fails(host: Machine, broken: str) -> None:
    folder = host.release()
    if broken == "no seal":
        (folder / "release.json").unlink()
    elif broken == "nothing there":
        folder.rename(folder.with_name("moved"))
    else:
        host.live.unlink()
        host.live.symlink_to("/") if broken == "elsewhere" else host.live.mkdir()
    (failed,) = checked("live").fail
    expected = "is a directory, not the live link" if broken == "directory" else "which is not a sealed release"
    todo = "fab -H prod deploy --ref BRANCH" if broken == "nothing there" else SETUP  # what mends it
    assert f"{expected} -> {todo}" in failed


def test_a_hold_is_a_warning(host: Machine) -> None:
    host.release()
    (host.home / "builds" / "source" / "hold").write_text("{}")
    assert checked("live").warn == ("releases are on hold -> fab -H prod unhold",)


@pytest.mark.parametrize(
    ("name", "behind"),
    [("source-99990101T000000Z", True), ("source-20200101T000000Z", False), ("source-preprod-99990101T000000Z", False)],
)
def test_a_clock_behind_the_newest_release_is_a_warning(host: Machine, name: str, behind: bool) -> None:
    (host.releases / name).mkdir()
    found = checked("clock")
    assert [f"behind its newest release, {name} -> timedatectl" in each for each in found.warn] == [True] * behind
    assert (found.ok, found.fail) == ((), ())


@pytest.mark.usefixtures("host")
def test_check_changes_nothing(machine: Machine) -> None:
    machine.release()
    before = snapshot(machine.home)
    checked("tools", "commands", "setup", "room", "live", "versions", "runtime files", "clock", "web")
    assert snapshot(machine.home) == before
