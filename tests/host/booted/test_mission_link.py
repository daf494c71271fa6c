"""Setup on a host whose ~/source is a link already, left by an earlier script, to a directory that people built in."""

from dataclasses import dataclass

import pytest

from tests.support.asking import Asked, asking
from tests.support.booted import Booted
from tests.support.shop import HOME, Shop

BEFORE = f"{HOME}/sites/2026-10-01"


@dataclass(frozen=True)
class Taken:
    """The link, taken over, and what was served meanwhile."""

    shop: Shop
    asked: Asked
    name: str


@pytest.fixture(scope="module")
def taken(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """Setup has taken over what the link leads to, and post-release was done."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop"))
    shop.build_in_place(BEFORE)
    booted.sh(f"ln -s {BEFORE} {HOME}/source", "ftsuser")
    shop.follow_by_hand()
    with asking(shop, "/fast", "/slow") as asked:
        shop.fab("setup")
        shop.fab("post-release")
    return Taken(shop, asked, shop.live())


@pytest.fixture(scope="module")
def released(taken: Taken) -> Shop:
    """The first release of the tool, after it."""
    taken.shop.deploy()
    return taken.shop


def test_no_request_fails_while_the_target_of_a_link_becomes_a_release(taken: Taken) -> None:
    assert taken.asked.broken == []
    assert taken.asked.releases == {"2026-10-01", taken.name}


def test_the_target_of_a_link_is_sealed_without_a_commit(taken: Taken) -> None:
    releases = taken.shop.status()["releases"]
    assert [(release["name"], release["commit"]) for release in releases if release["name"] == taken.name] == [
        (taken.name, None)
    ]
    taken.shop.host.sh(f"test -f {HOME}/releases/{taken.name}/release.json")


def test_what_named_the_place_of_before_finds_it_still(taken: Taken) -> None:
    assert taken.shop.host.sh(f"realpath {BEFORE}/public/index.php") == f"{HOME}/releases/{taken.name}/public/index.php"


def test_rollback_goes_back_to_the_target_of_the_link(released: Shop, taken: Taken) -> None:
    assert released.word("release") == released.live() != taken.name
    released.fab("rollback")
    assert released.live() == taken.name
    assert released.word("release") == taken.name
    assert released.handled(released.ping()) == taken.name
