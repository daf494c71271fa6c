"""Under which paths a process sees the releases: judged from the mounts that the kernel lists for it."""

import os

import pytest

from tasks.host import programs
from tasks.host.views import Views

NAME, OTHER = "source-20260101T000000Z", "source-20260102T000000Z"
RELEASES = "/home/ftsuser/releases"
ROOT, HOME = "1 0 8:1 / / rw - ext4 /dev/sda1 rw", "2 1 8:2 / /home rw - ext4 /dev/sda2 rw"
THEIRS = 7


def seen(monkeypatch: pytest.MonkeyPatch, text: str, *theirs: str, own: tuple[str, ...] = (ROOT, HOME)) -> set[str]:
    """The releases that a text of a process names, which has these mounts."""
    lines = {os.getpid(): own, THEIRS: theirs}
    monkeypatch.setattr(programs, "about", lambda pid, _: "".join(f"{line}\n" for line in lines[pid]).encode())
    return Views(RELEASES, "source").releases(THEIRS, text)


def bind(root: str, point: str, device: str = "8:2") -> str:
    return f"3 1 {device} {root} {point} rw - ext4 /dev/sda2 rw"


@pytest.mark.parametrize(
    ("mount", "path"),
    [
        ("", f"{RELEASES}/{NAME}/public"),
        (bind("/ftsuser/releases", "/opt/rel"), f"/opt/rel/{NAME}"),
        (bind("/ftsuser", "/opt/of\\040it"), f"/opt/of it/releases/{NAME}/x"),
        (bind("/", "/mnt"), f"/mnt/ftsuser/releases/{NAME}"),
        (bind(f"/ftsuser/releases/{NAME}", "/opt/app"), "/opt/app"),
        (bind(f"/ftsuser/releases/{NAME}/public", "/opt/app"), "/opt/app/index.php"),
        (bind(f"/ftsuser/releases/{NAME}", "/"), "/usr/bin/sleep"),
    ],
    ids=["as it is", "the releases", "the home", "the filesystem", "a release", "a part of one", "as its root"],
)
@pytest.mark.parametrize("before", ["", "7f00-7f01 r--p 00000000 08:02 77   ", "/usr/bin/php\0"])
def test_a_release_is_found_by_whatever_path_a_process_sees_it(
    monkeypatch: pytest.MonkeyPatch, mount: str, path: str, before: str
) -> None:
    assert seen(monkeypatch, before + path, ROOT, HOME, mount) == {NAME}
    assert seen(monkeypatch, before + path, own=(ROOT, HOME, mount)) == {NAME}  # one that the whole host has


@pytest.mark.parametrize(
    ("mount", "path"),
    [
        (bind("/ftsuser/releases", "/opt/rel", device="8:3"), f"/opt/rel/{NAME}"),
        (bind("/anna/releases", "/opt/rel"), f"/opt/rel/{NAME}"),
        (bind("/ftsuser/rel", "/opt/rel"), f"/opt/rel/{NAME}"),
        (bind("/ftsuser/releases", "/opt/rel"), f"/srv/opt/rel/{NAME}"),
        (bind("/ftsuser/releases", "/opt/rel"), f"/opt/rel/{NAME}.bak/x"),
        (bind(f"/ftsuser/releases/{NAME}.bak", "/opt/app"), "/opt/app"),
        (bind(f"/ftsuser/releases/{NAME}", "/opt/app"), "/opt/apple"),
        (bind("/ftsuser/releases/other-20260101T000000Z", "/opt/app"), "/opt/app"),
    ],
)
def test_what_only_looks_like_it_is_none(monkeypatch: pytest.MonkeyPatch, mount: str, path: str) -> None:
    assert seen(monkeypatch, path, ROOT, HOME, mount) == set()


def test_all_that_a_process_has_mapped_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    mapped = f"1-2 r--p 0 08:02 7  {RELEASES}/{NAME}/a.so\n1-2 r--p 0 08:02 7  {RELEASES}/{OTHER}/b.so\n"
    assert seen(monkeypatch, mapped) == {NAME, OTHER}


def test_releases_on_a_filesystem_of_their_own_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    own = (ROOT, "2 1 8:2 / /home/ftsuser/releases rw - ext4 /dev/sda2 rw")
    assert seen(monkeypatch, f"/opt/{NAME}", bind("/", "/opt"), own=own) == {NAME}
    assert seen(monkeypatch, "/opt", bind(f"/{NAME}", "/opt"), own=own) == {NAME}


def test_without_a_list_of_mounts_the_path_itself_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, f"{RELEASES}/{NAME}", own=()) == {NAME}
