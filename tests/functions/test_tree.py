"""A directory is removed whole, whoever removes parts of it at the same time; and nothing but it, whoever puts links there."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.host import tree
from tests.support.nested import nested


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
