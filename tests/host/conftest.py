"""A host with real users and a real sshd for every test: it boots in a fraction of a second, and ends with the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.acme import Acme
from tests.support.sshd import Host, missing


@pytest.fixture(scope="session")
def machine() -> None:
    """A machine that can have such hosts; one that cannot fails every test, as a skipped test keeps no promise."""
    if lack := missing():
        pytest.fail(lack, pytrace=False)


@pytest.fixture
def host(machine: None, tmp_path: Path) -> Iterator[Host]:  # noqa: ARG001
    """A host nobody has released to."""
    host = Host(tmp_path / "host")
    host.start()
    try:
        yield host
    finally:
        host.stop()


@pytest.fixture
def bare(host: Host) -> Acme:
    """The site, with a host that is not set up."""
    return Acme(host)


@pytest.fixture
def acme(bare: Acme) -> Acme:
    """The site, with a host that is set up."""
    return bare.set_up()
