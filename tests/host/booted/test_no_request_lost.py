"""No request is lost: no page, no asset of a page that is open, no message, while setup and the others do what they do."""

import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.support.booted import Booted
from tests.support.fab import until
from tests.support.load.clients import TAB
from tests.support.load.judged import Judged
from tests.support.load.running import load_of
from tests.support.shop import DATA, Shop

MIX = {"fast": 3, "slow": 3, "page": 1, "ping": 1}
VERBS = ("setup", "post-release", "deploy", "rollback")
LEAST = {"setup": 20, "post-release": 40, "deploy": 100, "rollback": 40}


@dataclass(frozen=True)
class Story:
    """What loads have shown, each while a verb ran; and how often workers have written of a message that it began, or ended."""

    loads: dict[str, Judged]
    messages: Counter[tuple[str, str]]

    @property
    def sent(self) -> set[str]:
        """Every message that a page said it had sent."""
        return {ping for load in self.loads.values() for ping in load.pings}


def under_load(shop: Shop, *words: str) -> Judged:
    """Type `fab -H prod WORDS` under load."""
    before = shop.live() or "source"
    with load_of(shop, {**MIX, TAB: 1}) as load:
        shop.fab(*words)
        load.told()
    return load.judged(before, shop.live())


@pytest.fixture(scope="module")
def shop(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The shop in a directory that people have built in, with a pool for assets."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop"))
    shop.write(prod={"asset_pool": ["public/build"]})
    shop.build_in_place()
    shop.follow_by_hand()
    return shop


@pytest.fixture(scope="module")
def story(shop: Shop) -> Story:
    """The directory becomes a release, which services follow; another is built whole and deployed, and taken back."""
    loads = {"setup": under_load(shop, "setup"), "post-release": under_load(shop, "post-release")}
    shop.push({"assets/shop.css": "h1 { color: orange; }\n"})
    loads["deploy"] = under_load(shop, "deploy", "--ref", "master")
    loads["rollback"] = under_load(shop, "rollback")
    with suppress(AssertionError):  # a message that is lost stays there
        until(lambda: shop.host.sh(f"ls {DATA['prod']}/spool") == "")
    lines = shop.host.sh(f"cat {DATA['prod']}/pings").splitlines()
    return Story(loads, Counter((line.split()[0], line.split()[1]) for line in lines))


@pytest.fixture(params=VERBS)
def load(request: pytest.FixtureRequest, story: Story) -> Judged:
    """What was shown while a verb ran."""
    return story.loads[request.param]


def test_the_figures_are_shown(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        for verb, load in story.loads.items():
            print(f"\nunder load, {verb}: {load}, {len(load.pings)} messages", end="", file=sys.stderr)
        print(file=sys.stderr)
    assert [verb for verb, load in story.loads.items() if len(load.requests) < LEAST[verb]] == []


def test_no_request_fails(load: Judged) -> None:
    assert load.failed == []


def test_no_request_that_started_after_the_new_release_was_seen_is_answered_by_the_old_one(load: Judged) -> None:
    assert load.wrong == []
    assert load.answered_by(load.before) > 0
    assert load.answered_by(load.after) > 0


def test_assets_of_pages_that_were_open_before_still_answer(story: Story) -> None:
    assert [load.lost_assets for load in story.loads.values()] == [[]] * len(VERBS)
    assert {verb: len(story.loads[verb].old_assets) >= 20 for verb in ("deploy", "rollback")} == {
        "deploy": True,
        "rollback": True,
    }


def test_check_asks_nginx_for_an_asset_that_only_the_pool_has(shop: Shop, story: Story) -> None:  # noqa: ARG001
    """After the rollback those of the newer release are such."""
    said = shop.fab("check").out
    assert "asset pool: www.example.com serves public/build/" in " ".join(said.split())
    assert "which the live release has not" in " ".join(said.split())


def test_every_message_is_handled_once(story: Story) -> None:
    assert len(story.sent) >= 100
    for did in ("began", "ended"):
        assert {ping: story.messages[did, ping] for ping in story.sent} == dict.fromkeys(story.sent, 1)


def test_this_load_notices_when_php_fpm_is_restarted(shop: Shop, story: Story) -> None:  # noqa: ARG001
    with load_of(shop, MIX) as load:
        shop.host.sh("systemctl restart php8.2-fpm")
    assert load.judged(shop.live(), shop.live()).failed != []
