"""Runtime files: copied with mode and times from the live release, checked before anything is built, never let out."""

import os
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.support import acl
from tests.support.host import LocalHost

NAMES = ("it's", "two words", "$HOME", "prix-€", "new\nline", ".hidden", "-rf", "a*b", '"q"')


def put(folder: Path, name: str, text: str = "KEY=value of it\n", mode: int = 0o640, at: int = 1_600_000_000) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    os.utime(file, (at, at))
    return file


def give(place: Path, kind: str) -> None:
    """An ACL that lets one user more read."""
    reader = [(1, 6, 0xFFFFFFFF), (2, 4, 4321), (4, 0, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)]
    raw = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *each) for each in reader)
    os.setxattr(place, f"system.posix_acl_{kind}", raw)


@pytest.fixture
def first(host: LocalHost) -> Path:
    """Where runtime files lie while nothing is live."""
    return host.home / "runtime" / "source"


def released(host: LocalHost, **keys: Any) -> Path:
    host.use(**keys)
    return host.releases / host.release()


def test_without_a_live_release_they_come_from_the_directory_that_setup_made(host: LocalHost, first: Path) -> None:
    put(first, ".env.local", "A=first one\n")
    assert (released(host, runtime_files=[".env.local"]) / ".env.local").read_text() == "A=first one\n"


def test_with_a_live_release_they_come_from_there(host: LocalHost, first: Path) -> None:
    put(first, ".env.local", "A=first one\n")
    put(released(host, runtime_files=[".env.local"]), ".env.local", "A=changed on the host\n")
    assert (released(host, runtime_files=[".env.local"]) / ".env.local").read_text() == "A=changed on the host\n"


def test_what_is_no_permission_is_not_kept(host: LocalHost, first: Path) -> None:
    put(first, ".env.local", mode=0o7750)
    assert (released(host, runtime_files=[".env.local"]) / ".env.local").stat().st_mode & 0o7777 == 0o750


def test_mode_and_time_are_kept(host: LocalHost, first: Path) -> None:
    put(first, "config/key.json", "{}", mode=0o400, at=1_234_567_890)
    copied = (released(host, runtime_files=["config/*.json"]) / "config/key.json").stat()
    assert (copied.st_mode & 0o7777, copied.st_mtime) == (0o400, 1_234_567_890)


def test_a_file_that_git_has_too_is_replaced(host: LocalHost, first: Path) -> None:
    host.origin.commit({".env.local": "from git\n"})
    put(first, ".env.local", "from the host\n")
    assert (released(host, runtime_files=[".env.local"]) / ".env.local").read_text() == "from the host\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_glob_takes_whatever_a_file_is_called(host: LocalHost, first: Path, name: str) -> None:
    put(first, f"config/{name}", "text")
    assert (released(host, runtime_files=["config/*"]) / "config" / name).read_text() == "text"


def test_a_path_is_taken_by_its_letters_and_never_expanded_by_a_shell(host: LocalHost, first: Path) -> None:
    put(first, "$(touch ran) `touch ran`; touch ran", "text")
    assert released(host, runtime_files=["$(touch ran) `touch ran`; touch ran"]).is_dir()
    assert "ran" not in {name for _, _, names in os.walk(host.home) for name in names}  # what is deleted meanwhile is no error


def test_two_stars_reach_every_depth(host: LocalHost, first: Path) -> None:
    put(first, "a/b/c/.token", "text")
    assert (released(host, runtime_files=["**/.token"]) / "a/b/c/.token").read_text() == "text"


def test_a_glob_never_takes_the_seal_of_the_live_release(host: LocalHost, first: Path) -> None:
    put(first, "key.json", "{}")
    released(host, runtime_files=["*.json"])
    name = host.release()
    assert host.seal(name)["name"] == name


@pytest.mark.parametrize("glob", [".env.local", "config/*.json"])
def test_a_missing_one_fails_before_anything_is_built(host: LocalHost, glob: str) -> None:
    host.use(runtime_files=[glob])
    done = host.build()
    assert done.code == 3
    assert glob in done.failure
    assert "fetch" not in done.steps
    host.assert_clean()


def test_an_empty_one_fails_before_anything_is_built(host: LocalHost, first: Path) -> None:
    put(first, ".env.local", "")
    host.use(runtime_files=[{"path": ".env.local", "optional": True}])
    done = host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert ".env.local is empty" in done.failure


def test_a_link_that_leads_nowhere_fails_before_anything_is_built(host: LocalHost, first: Path) -> None:
    (first / ".env.local").symlink_to("nowhere")
    host.use(runtime_files=[".env.local"])
    done = host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)


@pytest.mark.parametrize("path", [".env.local", "config/key"])
def test_one_that_is_reached_through_a_link_fails_before_anything_is_built(host: LocalHost, first: Path, path: str) -> None:
    put(host.home, "elsewhere/key", "text")
    (first / "config").symlink_to(host.home / "elsewhere")
    (first / ".env.local").symlink_to(host.home / "elsewhere/key")
    host.use(runtime_files=[path])
    done = host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert f"{path} is not a regular file" in done.failure
    assert str(host.home / "elsewhere/key") in done.failure


def test_the_directory_that_they_lie_in_may_itself_be_reached_through_a_link(host: LocalHost, first: Path) -> None:
    first.rename(host.home / "moved")
    first.symlink_to(host.home / "moved")
    put(first, "config/key", "text")
    assert (released(host, runtime_files=["config/key"]) / "config/key").read_text() == "text"


def test_one_that_would_go_through_a_link_within_the_build_is_refused(host: LocalHost, first: Path) -> None:
    host.origin.commit({"inside/key": "of the commit"}, links={"config": "inside"})
    put(first, "config/key", "text")
    host.use(runtime_files=["config/key"])
    done = host.build()
    assert done.code == 3
    assert "/config: Not a directory" in done.failure
    host.assert_clean()


def test_an_acl_is_kept(host: LocalHost, first: Path) -> None:
    file = put(first, ".env.local")
    give(file, "access")
    copied = released(host, runtime_files=[".env.local"]) / ".env.local"
    assert acl.entries(copied) == acl.entries(file)
    assert acl.named(copied, 4321) == "r--"


def test_an_acl_that_a_directory_gives_to_what_is_made_in_it_is_not_for_a_secret(host: LocalHost, first: Path) -> None:
    put(first, ".env.local", mode=0o600)
    give(host.home / "builds/source", "default")
    copied = released(host, runtime_files=[".env.local"]) / ".env.local"
    assert acl.named(copied.with_name("index.html"), 4321) == "r--"
    assert (acl.entries(copied), copied.stat().st_mode & 0o777) == ({}, 0o600)


def test_one_that_is_no_regular_file_fails_before_anything_is_built(host: LocalHost, first: Path) -> None:
    os.mkfifo(first / ".env.local")
    host.use(runtime_files=[".env.local"])
    done = host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert "is not a regular file" in done.failure


def test_one_of_another_user_fails_before_anything_is_built(host: LocalHost, first: Path) -> None:
    file = put(first, ".env.local")
    if os.geteuid():
        pytest.skip("only root can give a file to another user")
    os.chown(file, 65534, -1)
    host.use(runtime_files=[".env.local"])
    done = host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert "is not a regular file of" in done.failure


def test_a_link_in_the_place_of_a_copy_is_replaced_and_not_followed(host: LocalHost, first: Path, tmp_path: Path) -> None:
    theirs = put(tmp_path, "theirs", "untouched")
    host.origin.commit({}, links={".env.local": str(theirs)})
    put(first, ".env.local", "ours")
    copied = released(host, runtime_files=[".env.local"]) / ".env.local"
    assert (copied.is_symlink(), copied.read_text(), theirs.read_text()) == (False, "ours", "untouched")


def test_one_with_another_name_is_refused_where_others_can_give_names(host: LocalHost, first: Path) -> None:
    file = put(first, "config/key")
    os.link(file, host.home / "elsewhere")
    host.use(runtime_files=["config/key"])
    assert host.build().code == 0
    file.parent.chmod(0o777)
    done = host.build()
    assert (done.code, "fetch" in done.steps) == (3, False)
    assert "with no other name: it has 2" in done.failure


def test_an_optional_one_may_be_missing(host: LocalHost) -> None:
    host.use(runtime_files=[{"path": ".env.local", "optional": True}])
    assert host.build().code == 0


@pytest.mark.parametrize("path", ["config/key", "config/deep/key"])
def test_one_that_would_leave_the_build_through_a_tracked_link_is_refused(
    host: LocalHost, first: Path, path: str, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    put(outside, "theirs", "untouched")
    (outside / "key").symlink_to("theirs")
    host.origin.commit({}, links={"config": str(outside)})
    put(first, path, "text")
    host.use(runtime_files=[path])
    done = host.build()
    assert (done.code, done.failure) == (3, f"runtime file {path} leads out of the build")
    assert sorted(entry.name for entry in outside.iterdir()) == ["key", "theirs"]
    assert (outside / "key").is_symlink()
    assert (outside / "theirs").read_text() == "untouched"
