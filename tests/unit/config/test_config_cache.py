"""What is made from files is kept between runs in a place that is this user's alone, or not at all."""

import stat
from pathlib import Path

import pytest

from tasks.config import cache


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def made_anew() -> bool:
    """Whether the second of two runs makes it again."""
    made: list[str] = []
    for _ in range(2):
        assert cache.kept("words", b"source", lambda: made.append("once") or b"made") == b"made"  # type: ignore[func-returns-value]
    return len(made) == 2


def test_it_is_kept_for_this_user_alone(home: Path) -> None:
    assert not made_anew()
    assert stat.S_IMODE((home / ".cache/fab-release").stat().st_mode) == 0o700


def test_xdg_cache_home_is_honoured(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert not made_anew()
    assert not (home / ".cache").exists()


@pytest.mark.parametrize("place", ["", "relative", "/dev/null"])
def test_a_home_that_is_none_gets_nothing(home: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("HOME", place)
    assert made_anew()
    assert not [*home.iterdir()]


def test_a_home_that_is_missing_is_not_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(home / "gone"))
    assert made_anew()
    assert not (home / "gone").exists()


def test_a_place_that_another_user_can_write_is_not_used(home: Path) -> None:
    """What is kept runs on hosts: whoever writes it would be release_user there."""
    assert not made_anew()
    (home / ".cache/fab-release").chmod(0o777)
    assert made_anew()


def test_a_home_that_cannot_be_written_is_none(home: Path) -> None:
    (home / ".cache").write_text("in the way")
    assert made_anew()
