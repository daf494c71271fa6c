"""What a release is made of: a Symfony application built by Composer, Bun and Encore, and served by real services."""

import re

import pytest

from tests.support.booted import Booted
from tests.support.shop import HOME, Shop


@pytest.fixture(scope="module")
def shop(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A host with a first release, of master."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop")).set_up()
    shop.deploy()
    return shop


def test_the_page_is_of_the_release_and_its_commit(shop: Shop) -> None:
    assert shop.word("release") == shop.live()
    assert shop.word("commit") == shop.status()["live"]["commit"]


def test_assets_of_the_page_have_hashed_names_and_answer(shop: Shop) -> None:
    assets = re.findall(r'"(/build/[\w.]+)"', shop.get("/"))
    assert [re.sub(r"[0-9a-f]{8}", "HASH", asset) for asset in assets] == [
        "/build/shop.HASH.css",
        "/build/runtime.HASH.js",
        "/build/shop.HASH.js",
    ]
    assert all(shop.get(asset) for asset in assets)


def test_assets_of_bundles_are_published(shop: Shop) -> None:
    assert "<svg" in shop.host.sh("curl -sf http://127.0.0.1/bundles/acmebrand/logo.svg")


def test_packages_for_developers_are_left_out(shop: Shop) -> None:
    assert shop.host.sh(f"ls {HOME}/source/vendor/acme") == "brand-bundle"


def test_what_is_not_needed_to_run_is_dropped(shop: Shop) -> None:
    assert shop.host.sh(f"find {HOME}/releases -name node_modules") == ""


def test_the_cache_was_warmed_where_the_release_lives(shop: Shop) -> None:
    assert shop.host.run(f"grep -rlF {HOME}/releases/{shop.live()} {HOME}/source/var/cache").stdout
    assert shop.host.run(f"grep -rlF {HOME}/builds {HOME}/source/var/cache {HOME}/source/vendor").stdout == ""


def test_the_web_server_writes_where_it_is_to_write_and_nowhere_else(shop: Shop) -> None:
    shop.get("/")
    assert shop.host.sh(f"stat -c %U {HOME}/source/var/visits") == "www-data"
    found = f"find {HOME}/source/ -path {HOME}/source/var -prune -o ! -type l -writable -print"
    assert shop.host.sh(f"cd / && {found}", "www-data") == ""


def test_every_service_runs_the_release(shop: Shop) -> None:
    assert shop.api() == shop.handled(shop.ping()) == shop.program() == shop.live()


def test_migrations_have_run(shop: Shop) -> None:
    assert shop.host.sh("cat /var/lib/shop/migrated") == "0001-basket.sql"


def test_a_command_of_the_service_user_knows_the_release(shop: Shop) -> None:
    assert shop.host.log("shop").splitlines()[-1] == f"{shop.live()} is live"


def test_media_are_those_on_the_other_filesystem(shop: Shop) -> None:
    shop.host.sh("echo a photo >/mnt/efs/media/photo.txt", "ftsuser")
    assert shop.host.sh("curl -sf http://127.0.0.1/media/photo.txt") == "a photo"


def test_an_unmounted_filesystem_stops_a_release_before_anything_is_built(shop: Shop) -> None:
    shop.host.sh("umount --lazy /mnt/efs")
    try:
        assert "/mnt/efs is not mounted" in shop.deploy(code=3).err
    finally:
        shop.host.sh("systemctl restart mnt-efs.mount && systemd-tmpfiles --create /etc/tmpfiles.d/shop.conf")


def test_a_front_end_that_does_not_build_leaves_the_site_alone(shop: Shop) -> None:
    before = shop.get("/")
    shop.push({"assets/shop.js": "import './nowhere.css';\n"}, "broken", start="master")
    assert "nowhere.css" in shop.deploy("broken", code=3).err
    assert shop.get("/") == before


def test_packages_that_disagree_with_the_lock_file_leave_the_site_alone(shop: Shop) -> None:
    before = shop.get("/")
    package = re.sub(r'\n *"webpack":.*', "", (shop.clone / "package.json").read_text())
    shop.push({"package.json": package}, "unlocked", start="master")
    assert "lockfile is frozen" in shop.deploy("unlocked", code=3).err
    assert shop.get("/") == before
