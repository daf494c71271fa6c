"""What was judged sound is not judged again, and is read as what it was."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.config import cache, inventory, stored
from tasks.errors import UsageError

COMPLETE = Path(__file__).with_name("complete.yml")
SOUND = "hosts: {prod: {repository: x, services: [{run: 'true'}], env: {A: b}}}"


def same(found: Any, model: Any) -> bool:
    """Whether each field of a model, and what else it says of itself, is there with the same value and type."""
    if isinstance(model, str | int | None):
        return bool(found == model)
    if isinstance(model, tuple):
        return isinstance(found, tuple) and all(map(same, found, model)) and len(found) == len(model)
    if hasattr(model, "items"):
        return dict(found) == dict(model)
    words = (*type(model).model_fields, *(word for word in ("kind", "label") if hasattr(model, word)))
    return all(same(getattr(found, word), getattr(model, word)) for word in words)


def test_what_is_kept_has_every_value_of_the_models() -> None:
    models, first, second = inventory.load(COMPLETE), stored.load(COMPLETE), stored.load(COMPLETE)
    for found in (first, second):
        assert list(found.environments) == list(models.environments)
        assert all(same(found.environments[name], model) for name, model in models.environments.items())


def test_it_is_frozen_as_the_models_are() -> None:
    environment = stored.load(COMPLETE).environment("prod")
    with pytest.raises(AttributeError):
        environment.port = 23  # type: ignore[misc]
    with pytest.raises(TypeError):
        environment.env["A"] = "c"  # type: ignore[index]


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The contents that were parsed."""
    contents: list[bytes] = []

    def parse(path: Path, data: bytes) -> Any:
        contents.append(data)
        return inventory.parse(path, data)

    monkeypatch.setattr(stored, "parse", parse)
    return contents


def test_a_file_is_parsed_once_and_again_when_it_changes(write: Callable[[str], Path], parsed: list[bytes]) -> None:
    path = write(SOUND)
    assert [stored.load(path).environment("prod").env["A"] for _ in range(3)] == ["b"] * 3
    write(SOUND.replace("b}", "c}"))
    assert stored.load(path).environment("prod").env["A"] == "c"
    assert len(parsed) == 2


def test_mistakes_are_found_each_time(write: Callable[[str], Path], parsed: list[bytes]) -> None:
    path = write("hosts: {prod: {}}")
    for _ in range(2):
        with pytest.raises(UsageError, match="1 mistake"):
            stored.load(path)
    assert len(parsed) == 2


@pytest.mark.parametrize("rest", [b"", b"{", b"x" * 5000], ids=["empty", "cut short", "other"])
def test_a_kept_form_that_was_spoilt_is_made_anew(write: Callable[[str], Path], rest: bytes, empty_home: Path) -> None:
    path = write(SOUND)
    stored.load(path)
    (kept,) = (empty_home / ".cache" / "fab-release").glob("hosts-*")
    whole = kept.read_bytes()
    kept.write_bytes(whole[: cache.DIGEST] + rest)
    assert stored.load(path).environment("prod").env["A"] == "b"
    assert kept.read_bytes() == whole


def test_without_a_place_to_keep_it_the_file_is_parsed(
    write: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, parsed: list[bytes]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    path = write(SOUND)
    assert [stored.load(path).environment("prod").env["A"] for _ in range(2)] == ["b"] * 2
    assert len(parsed) == 2
