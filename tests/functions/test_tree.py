"""A directory is removed whole, whoever removes parts of it at the same time."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.host import tree


@pytest.fixture
def record(tmp_path: Path) -> Path:
    folder = tmp_path / "record"
    (folder / "logs").mkdir(parents=True)
    for name in ("HEAD", "index", "logs/HEAD"):
        (folder / name).write_text("x")
    return folder


@pytest.mark.parametrize("call", ["lstat", "unlink", "listdir", "rmdir"])
@pytest.mark.parametrize("name", ["record", "HEAD", "logs", "logs/HEAD"])
def test_what_somebody_else_removes_meanwhile_is_gone_and_no_error(
    record: Path, monkeypatch: pytest.MonkeyPatch, call: str, name: str
) -> None:
    victim = record if name == "record" else record / name
    done: Callable[..., Any] = getattr(os, call)

    def after_another(path: str, *more: Any, **named: Any) -> Any:
        if Path(path) == victim:
            monkeypatch.undo()
            tree.remove(path)
        return done(path, *more, **named)

    monkeypatch.setattr(os, call, after_another)
    tree.remove(str(record))
    assert not record.exists()
