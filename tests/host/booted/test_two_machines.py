"""One name, two machines: what the release user's login reaches is not what the service user's does."""

from collections.abc import Iterator

import pytest

from tests.support.booted import Booted, Lab
from tests.support.shop import Shop


@pytest.fixture(scope="module")
def other(lab: Lab) -> Iterator[Booted]:
    """A host that has the keys of the first, as one that was made from the same image."""
    host = lab.boot("web2")
    try:
        yield host
    finally:
        host.stop()


@pytest.fixture(scope="module")
def shop(booted: Booted, other: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A site with a release; ubuntu's login leads to the other host by now, as behind a load balancer."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop"))
    shop.fab("setup")
    shop.fab("deploy", "--ref", "master")
    return shop
