"""A hosts.yml made of a few lines, and what the tool says to it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.config.inventory import Inventory, load
from tasks.errors import UsageError

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "hosts.yml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def inventory(write: Write) -> Callable[[str | bytes], Inventory]:
    return lambda content: load(write(content))


@pytest.fixture
def refused(write: Write) -> Callable[[str | bytes], UsageError]:
    def refused(content: str | bytes) -> UsageError:
        with pytest.raises(UsageError) as caught:
            load(write(content))
        return caught.value

    return refused
