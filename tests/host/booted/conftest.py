"""Hosts that have booted: one lab for the session, a host for each module, and a host of its own for a test that spoils it."""

from collections.abc import Iterator

import pytest

from tests.support.booted import Booted, Lab, missing


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A workstation with its network; a machine that cannot have one fails every test, as a skipped test keeps no promise."""
    if lack := missing():
        pytest.fail(lack, pytrace=False)
    lab = Lab(tmp_path_factory.mktemp("booted") / "lab").start()
    try:
        yield lab
    finally:
        lab.stop()


@pytest.fixture(scope="module")
def booted(lab: Lab) -> Iterator[Booted]:
    """A host that the tests of a module share."""
    yield from _host(lab)


@pytest.fixture
def fresh(lab: Lab) -> Iterator[Booted]:
    """A host that nobody has used."""
    yield from _host(lab)


def _host(lab: Lab) -> Iterator[Booted]:
    host = lab.boot("web1")
    try:
        yield host
    finally:
        host.stop()
