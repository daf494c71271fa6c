"""status and check compare the hosts of an environment: exit 9 when they differ."""

import json
import time
from collections import defaultdict
from collections.abc import Callable

import pytest

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import NEW, OLD, OLDER, OTHER, StandIn

Hosts = defaultdict[str, StandIn]
NAMES = ["web1", "web2", "web3"]
GOOD = {"php": "8.2.1", "bun": "1.1.0", "workers": "", "disk": "", "runtime file .env.local": "a" * 64}


@pytest.fixture
def three(hosts: Hosts, site: Callable[..., None]) -> list[StandIn]:
    site(address=NAMES, services=[{"systemd": "nginx"}])
    for name in NAMES:
        hosts[name].compared = dict(GOOD)
    return [hosts[name] for name in NAMES]


def test_hosts_that_stand_alike_share_their_lines_and_are_0(fab: Fab, three: list[StandIn]) -> None:
    ran = fab("status")
    assert (ran.code, [host.sent for host in three]) == (0, [["state", "compare"]] * 3)
    assert "prod  web1, web2, web3" in ran.out


def test_one_host_has_nothing_to_be_compared_with(fab: Fab, host: StandIn) -> None:
    assert (fab("status").code, host.sent) == (0, ["state"])


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("php", "8.1.0", "php: web1, web3: 8.2.1; web2: 8.1.0"),
        ("bun", "", "bun: web1, web3: 1.1.0; web2: none"),
        ("workers", f"some still run {OLDER}", f"workers: web1, web3: none; web2: some still run {OLDER}"),
        ("disk", "3 % free", "disk: web1, web3: enough free; web2: 3 % free"),
        ("runtime file .env.local", "b" * 64, "runtime file .env.local: differs between web1, web3 and web2"),
    ],
)
@pytest.mark.parametrize("verb", ["status", "check"])
def test_a_difference_is_9_and_named(fab: Fab, three: list[StandIn], verb: str, key: str, value: str, line: str) -> None:
    three[1].compared[key] = value
    for host in three:
        host.fails = ""
    ran = fab(verb)
    assert (ran.code, line in ran.err) == (9, True), ran.err
    assert "b" * 64 not in ran.err + ran.out


@pytest.mark.parametrize(
    ("attribute", "value", "line"),
    [
        ("live", OLDER, f"live: web1, web3: {OLD}; web2: {OLDER}"),
        ("previous", "", "previous: web1, web3: sealed; web2: none"),
        ("pending", True, "post-release: web1, web3: done; web2: pending"),
        ("lock_holder", "ada", "lock: web1, web3: free; web2: ada: deploy"),
    ],
)
def test_what_the_hosts_report_of_themselves_is_compared(
    fab: Fab, three: list[StandIn], attribute: str, value: str, line: str
) -> None:
    setattr(three[1], attribute, value)
    ran = fab("status")
    assert (ran.code, line in ran.err) == (9, True), ran.err
    document = json.loads(fab("status", "--json").out)
    assert line in document["differences"]
    assert fab("status", "--host", "web2").code == 0


def test_each_call_has_a_key_of_its_own(fab: Fab, three: list[StandIn]) -> None:
    for _ in range(2):
        fab("status")
    keys = [{phase.steps[-1].arguments[0] for phase in host.phases if phase.name == "compare"} for host in three]
    assert keys[0] == keys[1] == keys[2]
    assert len(keys[0]) == 2


@pytest.mark.parametrize("verb", ["status", "check", "releases", "history", "logs"])
def test_a_host_that_is_away_hides_no_other_and_is_7(fab: Fab, three: list[StandIn], verb: str) -> None:
    three[1].away = True
    three[2].live = OLDER
    ran = fab(verb)
    assert (ran.code, "web2: no answer" in ran.err) == (7, True)
    shown = ran.err if verb == "logs" else ran.out
    assert "web1" in shown
    assert "web3" in shown


def test_a_host_that_was_left_out_is_named_until_it_is_adopted(fab: Fab, three: list[StandIn]) -> None:
    three[0].left_out = {"web3": "its disk is broken"}
    ran = fab("status")
    assert ran.code == 9
    assert "web3 was left out of the last release: its disk is broken" in ran.err
    assert "left out  web3: its disk is broken" in ran.out


@pytest.mark.parametrize(
    ("half", "ways"),
    [
        ((0,), f"fab -H prod deploy --name {NEW} # goes on; fab -H prod rollback goes back\n"),
        ((2,), f"fab -H prod deploy --name {NEW} # goes on; fab -H prod rollback --to {OLD} goes back\n"),
    ],
)
def test_hosts_that_are_released_to_a_half_have_their_ways_on(
    fab: Fab, three: list[StandIn], half: tuple[int, ...], ways: str
) -> None:
    for number, host in enumerate(three):
        host.sealed[NEW] = "good"
        if number in half:
            host.live, host.previous = NEW, OLD
    ran = fab("status")
    assert (ran.code, ways in ran.err) == (9, True), ran.err


def test_after_a_good_deploy_to_hosts_of_other_histories_they_are_alike(fab: Fab, three: list[StandIn]) -> None:
    three[1].previous, three[1].sealed[OTHER] = OTHER, "good"
    assert fab("status").code == 0


def test_a_host_without_services_has_no_post_release_that_could_differ(
    fab: Fab, three: list[StandIn], site: Callable[..., None]
) -> None:
    site(address=["web1", "web2", {"host": "web3", "services": [], "health": []}], services=[{"systemd": "nginx"}])
    for host in three[:2]:
        host.pending = True
    assert fab("status").code == 0
    three[1].pending = False
    assert "post-release: web1: pending; web2: done\n" in fab("status").err


def test_hosts_are_named_in_their_order_whoever_answers_first(fab: Fab, three: list[StandIn]) -> None:
    def last() -> Outcome:
        while "compare" not in three[2].sent:
            time.sleep(0.001)
        return three[0]._compare()

    three[0].answers["compare"] = [last]
    three[1].compared["php"] = "8.1.0"
    for _ in range(5):
        assert "php: web1, web3: 8.2.1; web2: 8.1.0" in fab("status").err
        three[0].answers["compare"] = [last]
        three[2].sent.clear()
