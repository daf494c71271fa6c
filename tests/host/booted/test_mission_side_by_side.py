"""prod and preprod on one host: each with its own link, releases, pool and program, and neither in the other's way."""

import pytest

from tests.support.asking import asking
from tests.support.booted import Booted
from tests.support.fab import finish
from tests.support.shop import HOME, Shop


@pytest.fixture(scope="module")
def shop(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A host with both, each with a release; preprod has a branch of its own."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop")).set_up("prod").set_up("preprod")
    shop.deploy()
    shop.push({"assets/shop.css": "h1 { color: orange; }\n"}, "next", start="master")
    shop.deploy("next", on="preprod")
    return shop


def pids(shop: Shop) -> str:
    """The processes of the services that are prod's alone."""
    units = "messenger-worker@1 messenger-worker@2 dossier-api"
    return shop.host.sh(f"systemctl show --property=MainPID --value {units}; supervisorctl pid releases")


def test_each_serves_its_own_release(shop: Shop) -> None:
    for name, link in (("prod", "source"), ("preprod", "source-preprod")):
        live = shop.live(name)
        assert live.startswith(f"{link}-2")
        assert shop.word("release", on=name) == live
        assert shop.word("commit", on=name) == shop.status(name)["live"]["commit"]
        assert shop.program(name) == live


def test_each_has_its_own_runtime_files_and_media(shop: Shop) -> None:
    for link, data, media in (("source", "shop", "efs"), ("source-preprod", "shop-preprod", "efs/preprod")):
        assert f"DATA_DIR=/var/lib/{data}" in shop.host.sh(f"cat {HOME}/{link}/.env.local").splitlines()
        assert shop.host.sh(f"readlink {HOME}/{link}/public/media") == f"/mnt/{media}/media"


def test_each_lists_its_own_releases_alone(shop: Shop) -> None:
    for name in ("prod", "preprod"):
        assert [release["name"] for release in shop.status(name)["releases"]] == [shop.live(name)]


def test_a_deploy_of_one_loses_no_request_of_either_and_leaves_the_services_of_the_other_alone(shop: Shop) -> None:
    before, running = {name: shop.live(name) for name in ("prod", "preprod")}, pids(shop)
    with asking(shop, "/fast", "/slow") as prod, asking(shop, "/fast", "/slow", on="preprod") as preprod:
        shop.deploy("next", on="preprod")
    assert (prod.broken, preprod.broken) == ([], [])
    assert prod.releases == {before["prod"]}
    assert preprod.releases == {before["preprod"], shop.live("preprod")}
    assert pids(shop) == running


def test_both_are_built_at_once(shop: Shop) -> None:
    runs = {name: shop.start("release", "--ref", "next", on=name) for name in ("prod", "preprod")}
    for name, run in runs.items():
        finish(run, 0)
        shop.fab("post-release", on=name)
        assert shop.word("release", on=name) == shop.live(name)
    assert shop.word("commit", on="prod") == shop.word("commit", on="preprod")
