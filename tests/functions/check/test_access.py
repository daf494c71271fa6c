"""What a user may do with a file, by its mode, the user's groups, and an ACL: as acl(5) has it."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.host import access, acl
from tasks.host.access import ENTER, READ, WRITE, Viewer, barrier, below, unreadable, unwritable
from tasks.host.leads import way

NOBODY = 0xFFFFFFFF
OWNER, USER, GROUP_OWNER, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
WWW = Viewer("www", 33, frozenset({33, 50}))
Entry = tuple[int, int, int]


def owned(uid: int, gid: int) -> os.stat_result:
    return os.stat_result((0, 0, 0, 0, uid, gid, 0, 0, 0, 0))


def may(who: Viewer, uid: int, gid: int, wanted: int, *entries: Entry) -> bool:
    return acl.may({(tag, id): bits for tag, bits, id in entries}, owned(uid, gid), gid, who.uid, who.groups, wanted)


def plain(mode: int) -> list[Entry]:
    return [(OWNER, mode >> 6 & 7, NOBODY), (GROUP_OWNER, mode >> 3 & 7, NOBODY), (OTHER, mode & 7, NOBODY)]


@given(st.integers(0, 0o777), st.integers(1, 7))
def test_a_plain_mode_has_one_class_for_each(mode: int, wanted: int) -> None:
    owner, group, other = mode >> 6 & 7, mode >> 3 & 7, mode & 7
    assert may(WWW, 33, 33, wanted, *plain(mode)) == (owner & wanted == wanted)
    assert may(WWW, 1, 50, wanted, *plain(mode)) == (group & wanted == wanted)
    assert may(WWW, 1, 1, wanted, *plain(mode)) == (other & wanted == wanted)


def test_an_entry_for_the_user_comes_before_those_of_groups_and_others() -> None:
    entries = [(OWNER, 7, NOBODY), (USER, ENTER, 33), (GROUP_OWNER, 7, NOBODY), (MASK, 7, NOBODY), (OTHER, 7, NOBODY)]
    assert may(WWW, 1, 33, ENTER, *entries)
    assert not may(WWW, 1, 33, READ, *entries)


def test_an_entry_for_another_user_is_not_mine() -> None:
    assert not may(
        WWW, 1, 1, READ, (OWNER, 7, NOBODY), (USER, 7, 34), (GROUP_OWNER, 0, NOBODY), (MASK, 7, NOBODY), (OTHER, 0, NOBODY)
    )


def test_the_mask_takes_from_users_and_groups_and_not_from_owner_and_others() -> None:
    entries = [
        (OWNER, 7, NOBODY),
        (USER, 7, 33),
        (GROUP_OWNER, 7, NOBODY),
        (GROUP, 7, 50),
        (MASK, READ, NOBODY),
        (OTHER, 7, NOBODY),
    ]
    assert not may(WWW, 1, 1, WRITE, *entries)
    assert not may(Viewer("x", 40, frozenset({50})), 1, 1, WRITE, *entries)
    assert may(WWW, 33, 1, WRITE, *entries)
    assert may(Viewer("x", 40, frozenset({40})), 1, 1, WRITE, *entries)


def test_any_of_my_groups_is_enough_and_one_that_says_no_keeps_me_from_others() -> None:
    groups = [(OWNER, 7, NOBODY), (GROUP_OWNER, 0, NOBODY), (GROUP, READ, 50), (MASK, 7, NOBODY), (OTHER, 7, NOBODY)]
    assert may(WWW, 1, 33, READ, *groups)
    assert not may(WWW, 1, 33, WRITE, *groups)


def test_root_may_do_everything(tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o000)
    assert Viewer("root", 0, frozenset()).may(str(tmp_path / "file"), WRITE)


def test_an_acl_of_the_filesystem_is_read_unless_its_mask_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(OWNER, 7, NOBODY), (USER, 5, 33), (GROUP_OWNER, 0, NOBODY), (MASK, 7, NOBODY), (OTHER, 0, NOBODY)]
    raw = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    monkeypatch.setattr(os, "getxattr", lambda _path, name: raw if name == "system.posix_acl_access" else b"")
    reader, stranger = Viewer("reader", 33, frozenset()), Viewer("stranger", 99999, frozenset())
    for mode, allowed in ((0o770, [True, False]), (0o707, [True, True]), (0o700, [False, False])):
        tmp_path.chmod(mode)
        assert [who.may(str(tmp_path), READ | ENTER) for who in (reader, stranger)] == allowed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """home/link -> releases/one, which has files in public, and a link to media."""
    for folder in ("home/releases/one/public/deep", "mnt/media"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "home/link").symlink_to("releases/one")
    (tmp_path / "home/releases/one/public/index.php").touch()
    (tmp_path / "home/releases/one/public/media").symlink_to(tmp_path / "mnt/media")
    (tmp_path / "home/releases/one/public/nothing").symlink_to("/nonexistent")
    return tmp_path


@pytest.fixture
def stranger(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Viewer]:
    """Somebody who may do all but what is named, and no more above the tree than below."""

    def but(*closed: str) -> Viewer:
        names = {str(tree / name) for name in closed}
        monkeypatch.setattr(Viewer, "may", lambda _self, path, _wanted: bool(Path(path).stat()) and path not in names)
        return Viewer("stranger", 99999, frozenset())

    return but


def test_the_way_to_a_path_is_every_name_that_is_looked_up(tree: Path) -> None:
    home, base = tree / "home", [str(folder) for folder in [*reversed(tree.parents), tree][1:]]
    expected = [*base, str(home), str(home / "link"), str(home / "releases"), str(home / "releases/one")]
    assert list(way(f"{tree}//home/./link/public/")) == [*expected, str(home / "releases/one/public")]
    assert list(way(f"{home}/link/public")) == [*expected, str(home / "releases/one/public")]


def test_a_way_up_again_is_followed_where_the_link_leads(tree: Path) -> None:
    assert list(way(f"{tree}/home/link/../../../home"))[-2:] == [str(tree), str(tree / "home")]


def test_a_link_to_itself_ends(tree: Path) -> None:
    (tree / "loop").symlink_to("loop")
    assert list(way(str(tree / "loop")))[-1] == str(tree / "loop")


@pytest.mark.parametrize("closed", ["home", "home/releases", "home/releases/one"])
def test_the_first_directory_that_is_closed_bars_the_way(tree: Path, stranger: Callable[..., Viewer], closed: str) -> None:
    assert barrier(stranger(closed), f"{tree}/home/link/public") == str(tree / closed)


def test_what_the_path_leads_to_bars_no_way_to_it(tree: Path, stranger: Callable[..., Viewer]) -> None:
    assert barrier(stranger("home/releases/one/public", "mnt"), f"{tree}/home/link/public") == ""


def test_what_cannot_be_read_is_named_the_nearest_first(tree: Path, stranger: Callable[..., Viewer]) -> None:
    public = "home/releases/one/public"
    found = unreadable(stranger(f"{public}/deep", f"{public}/index.php"), str(tree / public), lambda _: False)
    assert found == [str(tree / public / "deep"), str(tree / public / "index.php")]


def test_a_link_whose_target_cannot_be_reached_cannot_be_read_and_one_to_nothing_is_nobodys(
    tree: Path, stranger: Callable[..., Viewer]
) -> None:
    public = "home/releases/one/public"
    assert unreadable(stranger("mnt"), str(tree / public), lambda _: False) == [str(tree / public / "media")]


def test_what_is_passed_over_is_not_looked_at_nor_gone_into(tree: Path) -> None:
    assert list(below(str(tree / "home/releases"), lambda path: path.endswith("/one"))) == []


def test_a_directory_that_is_a_link_is_not_gone_into(tree: Path) -> None:
    (tree / "mnt/media/picture").touch()
    assert "picture" not in {entry.name for entry in below(str(tree / "home"), lambda _: False)}


def test_only_so_much_is_looked_at(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MOST", 2)
    for number in range(5):
        (tree / "mnt" / f"{number}" / "x").mkdir(parents=True)
    assert len(list(below(str(tree / "mnt"), lambda _: False))) == 6


def test_every_directory_below_must_be_writable(tree: Path, stranger: Callable[..., Viewer]) -> None:
    public = "home/releases/one/public"
    assert unwritable(stranger(f"{public}/deep"), str(tree / public)) == [str(tree / public / "deep")]
    assert unwritable(stranger(public), str(tree / public)) == [str(tree / public)]
