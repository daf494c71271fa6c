"""Releases of branches, tags and commits to a host that serves them with real services, and the ways back."""

import re
from dataclasses import dataclass

import pytest

from tests.support.booted import Booted
from tests.support.fab import finish, until
from tests.support.shop import DATA, Shop

STOPPING = "SubState=stop-sigterm"


@pytest.fixture(scope="module")
def shop(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A host with a first release, of master."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop")).set_up()
    shop.deploy()
    return shop


@pytest.fixture
def commit(shop: Shop) -> str:
    """The commit that is live."""
    return str(shop.status()["live"]["commit"])


def colour(name: str) -> dict[str, str]:
    """The style sheet with another colour, and so with another hash."""
    return {"assets/shop.css": f"h1 {{ color: {name}; }}\n"}


@dataclass(frozen=True)
class Branch:
    """A branch that was released, with what ran before post-release, and after it."""

    commit: str
    before: str
    name: str
    between: tuple[str, str, bool]
    after: tuple[str, str, str]
    ended_by: str


@pytest.fixture(scope="module")
def branch(shop: Shop) -> Branch:
    """A worker is at work on a message when post-release comes."""
    before = shop.live()
    commit = shop.push(colour("green"), "green", start="master")
    shop.fab("release", "--ref", "green")
    between = (shop.word("commit"), shop.api(), bool(shop.status()["post_release_pending"]))
    shop.host.sh(f"touch {DATA['prod']}/busy", "ftsuser")
    ping = shop.ping()
    until(lambda: ping in shop.pings("began"))
    following = shop.start("post-release")
    until(lambda: STOPPING in shop.host.sh("systemctl show --property=SubState 'messenger-worker@*'"), following)
    shop.host.sh(f"rm {DATA['prod']}/busy")
    finish(following, 0)
    ended_by = shop.pings("ended").get(ping, "nobody")
    after = (shop.api(), shop.program(), shop.handled(shop.ping()))
    return Branch(commit, before, shop.live(), between, after, ended_by)


def test_release_serves_a_branch_and_leaves_services_alone(branch: Branch) -> None:
    assert branch.between == (branch.commit, branch.before, True)


def test_services_follow_with_post_release(branch: Branch) -> None:
    assert branch.after == (branch.name,) * 3


def test_a_worker_ends_the_message_that_it_is_at_before_it_goes(branch: Branch) -> None:
    assert branch.ended_by == branch.before != branch.name


def test_a_tag_is_deployed_and_rolled_back(shop: Shop, commit: str) -> None:
    before = shop.live()
    shop.push(colour("blue"), "blue", start="master")
    tagged = shop.tag("v2")
    shop.push(colour("black"), "blue")
    shop.deploy("v2")
    assert shop.word("commit") == tagged
    shop.fab("rollback")
    assert (shop.live(), shop.word("release"), shop.word("commit")) == (before, before, commit)
    assert shop.api() == shop.handled(shop.ping()) == shop.program() == before


def test_a_short_commit_is_deployed_and_pages_already_open_find_their_assets(shop: Shop) -> None:
    before = re.findall(r'"(/build/[\w.]+)"', shop.get("/"))
    commit = shop.push(colour("grey"), "grey", start="master")
    shop.push(colour("white"), "grey")
    shop.deploy(commit[:9])
    assert shop.word("commit") == commit
    assert not set(before) <= set(re.findall(r'"(/build/[\w.]+)"', shop.get("/")))
    assert all(shop.get(asset) for asset in before)


def test_a_site_that_is_not_well_is_put_back(shop: Shop) -> None:
    before = shop.get("/")
    health = (shop.clone / "src/Controller/Health.php").read_text().replace("'.env.local'", "'nowhere'")
    shop.push({"src/Controller/Health.php": health}, "ill", start="master")
    shop.write(prod={"health": [{"url": "http://127.0.0.1/health", "contains": "ok", "within": 1}]})
    try:
        assert "503" in shop.deploy("ill", code=5).err
    finally:
        shop.write()
    assert shop.get("/") == before
    assert shop.api() == shop.handled(shop.ping()) == shop.live()
