"""A sandbox for the tests that need a host: one for a whole module, or a fresh one for a test."""

from collections.abc import Iterator

import pytest

from tasks.sandbox import world
from tasks.sandbox.world import Sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A host that the tests of a module share."""
    folder = tmp_path_factory.mktemp("host") / "a sandbox"
    yield world.start(folder)
    world.stop(folder)


@pytest.fixture
def fresh_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A host that a test may change as it likes."""
    folder = tmp_path_factory.mktemp("host") / "a fresh sandbox"
    yield world.start(folder)
    world.stop(folder)
