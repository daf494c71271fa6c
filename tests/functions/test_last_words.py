"""What a post-release that failed printed: left by one user for one other, reported masked, and gone."""

import os
import pwd
from pathlib import Path

import pytest

from tasks.host import scratch
from tasks.host.failure import Failed
from tasks.host.services import last_words, masked, post_release
from tests.functions.made import Made, set_up
from tests.support import acl

SECRET = "correct-horse-battery-staple"  # noqa: S105
READER = "nobody"
NAME = "source-20260101T000000Z"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go; the host is set up, with a release that has a runtime file."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv("HOME", str(home))
    set_up(home)
    (home / "releases" / NAME).mkdir()
    (home / "releases" / NAME / ".env.local").write_text(f"TOKEN={SECRET}\n")
    return temporary


def made() -> Made:
    return Made("post-release", site={"release_user": READER, "runtime_files": [[".env.local", False]]})


def failed(text: str) -> Made:
    """A run whose command of hosts.yml printed this, and failed."""
    run = made()
    with pytest.raises(Failed) as failure:
        post_release.run_command(run, f"{text}; exit 3")
    assert failure.value.what.endswith("exited 3")
    return run


@pytest.mark.usefixtures("folder")
def test_they_go_to_a_file_of_ones_own_and_not_over_the_wire() -> None:
    run = failed(f"echo TOKEN={SECRET}; seq 18; echo TOKEN={SECRET}")
    assert [event for event in run.events if event[0] in ("tail", "line")] == []
    file = Path(run.facts["said"])
    assert file.read_text().splitlines() == [f"TOKEN={SECRET}", *map(str, range(1, 19)), f"TOKEN={SECRET}"]


@pytest.mark.usefixtures("folder")
def test_only_the_release_user_can_read_them_besides() -> None:
    file = Path(failed("echo x").facts["said"])
    entries = acl.entries(file)
    assert acl.named(file, pwd.getpwnam(READER).pw_uid) == "r--"
    assert [entries[tag, 2**32 - 1] for tag in (acl.GROUP_OBJ, acl.OTHER)] == [0, 0]
    assert file.stat().st_mode & 0o7707 == 0o600


def test_a_step_that_printed_nothing_leaves_nothing(folder: Path) -> None:
    assert "said" not in failed("true").facts
    assert list(folder.iterdir()) == []


def test_what_an_earlier_step_printed_is_not_among_them(folder: Path) -> None:
    run = made()
    os.write(run.log.descriptor, b"of an earlier step\n")
    run.log.begin("the next")
    last_words.hand_over(run)
    assert list(folder.iterdir()) == []


def test_without_a_place_for_them_the_failure_is_reported_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "folder", lambda: "")
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    assert "said" not in failed("echo x").facts


def tails(run: Made) -> list[str]:
    return [event[2] for event in run.events if event[0] == "tail"]


def test_they_are_reported_masked_and_then_removed(folder: Path) -> None:
    path = failed(f"echo TOKEN={SECRET}; printf 'a\\tb\\n\\n'").facts["said"]
    run = made()
    masked.report(run, path)
    assert tails(run) == ["TOKEN=****", "a b"]
    last_words.remove(run, path)
    last_words.remove(run, path)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "directory", "pipe", "nothing"])
def test_what_is_not_that_file_is_not_read(folder: Path, kind: str) -> None:
    place, run = folder / "place", made()
    match kind:
        case "link":
            place.symlink_to("/etc/passwd")
        case "directory":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
    masked.report(run, str(place))
    assert tails(run) == [f"what it printed is on the host, in {place}, for those who may read it"]
