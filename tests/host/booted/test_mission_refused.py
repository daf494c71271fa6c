"""What setup leaves alone, and goes on being served as it was."""

from collections.abc import Iterator

import pytest

from tests.support.booted import Booted
from tests.support.shop import END, HOME, Shop


@pytest.fixture(scope="module")
def ready(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A host that is ready to serve."""
    return Shop(booted, tmp_path_factory.mktemp("shop"))


@pytest.fixture
def served(ready: Shop) -> Iterator[Shop]:
    """A live directory with one page."""
    host = ready.host
    host.sh("mkdir source source/public", "ftsuser")
    host.write(f"{HOME}/source/public/page", END)
    yield ready
    for folder in ("releases", "source"):
        host.sh(f"cd {HOME}; ! mountpoint -q {folder} || umount --lazy {folder}; rm -rf {folder}")


def assert_refused(shop: Shop, because: str) -> None:
    assert because in shop.fab("setup", code=3).err
    assert shop.get("/page") == END
    assert shop.host.sh(f"test ! -L {HOME}/source && ls {HOME}/releases") == ""


def test_a_directory_on_another_filesystem_than_releases_is_refused(served: Shop) -> None:
    served.host.sh(f"mkdir {HOME}/releases && mount -t tmpfs -o uid=ftsuser,gid=ftsuser tmpfs {HOME}/releases")
    assert_refused(served, f"{HOME}/source and {HOME}/releases are on different filesystems")


@pytest.mark.parametrize("owner", ["root", "www-data"])
def test_a_directory_of_another_user_is_refused(served: Shop, owner: str) -> None:
    served.host.sh(f"chown {owner} {HOME}/source")
    assert_refused(served, f"{HOME}/source belongs to {owner}")


def test_a_directory_that_is_a_mountpoint_is_refused(served: Shop) -> None:
    served.host.sh(f"mount --bind {HOME}/source {HOME}/source")
    assert_refused(served, f"{HOME}/source is a mountpoint")
