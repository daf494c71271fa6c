"""A directory is removed whole, whoever removes parts of it at the same time; and nothing but it, whoever puts links there."""

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.host import tree
from tests.support.nested import DEPTH, nested


@pytest.fixture
def record(tmp_path: Path) -> Path:
    folder = tmp_path / "record"
    (folder / "logs").mkdir(parents=True)
    for name in ("HEAD", "index", "logs/HEAD"):
        (folder / name).write_text("x")
    return folder


def before(monkeypatch: pytest.MonkeyPatch, call: str, victim: Path, act: Callable[[], object]) -> list[str]:
    """Do something just before the first such call for a path; the calls that it was done before."""
    done: Callable[..., Any] = getattr(os, call)
    seen: list[str] = []

    def after_another(name: str | int, *more: Any, dir_fd: int | None = None, **named: Any) -> Any:
        at = name if isinstance(name, int) else dir_fd
        folder = Path.cwd() if at is None else Path(f"/proc/self/fd/{at}").readlink()
        if not seen and (folder if isinstance(name, int) else folder / name) == victim:
            seen.append(call)
            act()
        return done(name, *more, **named) if dir_fd is None else done(name, *more, dir_fd=dir_fd, **named)

    monkeypatch.setattr(os, call, after_another)
    return seen


@pytest.mark.parametrize(
    ("call", "name"),
    [
        *(("stat", name) for name in ("record", "HEAD", "logs", "logs/HEAD")),
        *(("unlink", name) for name in ("HEAD", "logs/HEAD")),
        *((call, name) for call in ("open", "listdir", "rmdir") for name in ("record", "logs")),
    ],
)
def test_what_somebody_else_removes_meanwhile_is_gone_and_no_error(
    record: Path, monkeypatch: pytest.MonkeyPatch, call: str, name: str
) -> None:
    victim = record if name == "record" else record / name
    seen = before(monkeypatch, call, victim, lambda: tree.remove(str(victim)))
    tree.remove(str(record))
    assert seen
    assert not record.exists()


@pytest.mark.parametrize("call", ["stat", "open", "listdir", "rmdir"])
def test_what_becomes_a_link_meanwhile_is_not_followed(record: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    other = record.parent / "other"
    other.mkdir()
    (other / "HEAD").write_text("theirs")

    def swap() -> None:
        (record / "logs").rename(record.parent / "aside")
        (record / "logs").symlink_to(other)

    seen = before(monkeypatch, call, record / "logs", swap)
    with contextlib.suppress(OSError):
        tree.remove(str(record))
    assert seen
    assert (other / "HEAD").read_text() == "theirs"


def test_a_directory_that_is_closed_is_removed_and_a_link_in_its_place_opens_no_other(record: Path) -> None:
    closed = record.parent / "closed"
    closed.mkdir()
    closed.chmod(0)
    (record / "link").symlink_to(closed)
    (record / "logs").chmod(0)
    tree.remove(str(record))
    assert not record.exists()
    assert closed.stat().st_mode & 0o777 == 0
    closed.chmod(0o700)


def test_directories_without_end_are_one_error(tmp_path: Path) -> None:
    with nested(tmp_path, "d"), pytest.raises(OSError, match=r"directories in one another|Too many open files"):
        tree.remove(str(tmp_path / "d"))


def test_all_that_lies_in_many_directories_in_one_another_is_found(tmp_path: Path) -> None:
    found = []
    with nested(tmp_path, "d"):
        (tmp_path / "d/file").touch()
        for place, name, at, mode in tree.everything(str(tmp_path / "d")):
            assert stat.S_IFMT(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode) == stat.S_IFMT(mode)
            found.append(place)
    assert found == [str(tmp_path / Path(*"d" * each)) for each in range(DEPTH, 1, -1)] + [
        str(tmp_path / "d/file"),
        str(tmp_path / "d"),
    ]


def test_a_directory_that_is_moved_from_among_many_meanwhile_leads_nowhere(tmp_path: Path) -> None:
    with nested(tmp_path, "d", tmp_path / "moved"):
        walk = tree.everything(str(tmp_path / "d"))
        next(walk)
        (tmp_path / "d/d/d").rename(tmp_path / "moved")
        with pytest.raises(OSError, match="tale"):
            list(walk)


def test_a_directory_comes_after_what_lies_in_it_and_no_link_is_followed(record: Path) -> None:
    (record / "logs/elsewhere").symlink_to(record.parent)
    found = [str(Path(place).relative_to(record)) for place, *_ in tree.everything(str(record))]
    assert sorted(found) == [".", "HEAD", "index", "logs", "logs/HEAD", "logs/elsewhere"]
    assert found.index("logs") > max(found.index("logs/HEAD"), found.index("logs/elsewhere"))
    assert found[-1] == "."
