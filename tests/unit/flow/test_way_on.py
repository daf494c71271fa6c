"""Where hosts differ, the next line ends it: it works on the hosts as they are, and names no release that one of them lacks."""

from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import NEW, OLD, OLDER, OTHER, StandIn

Hosts = defaultdict[str, StandIn]
NAMES = ["web1", "web2", "web3"]


@pytest.fixture
def three(hosts: Hosts, site: Callable[..., None]) -> list[StandIn]:
    site(address=NAMES, services=[{"systemd": "nginx"}])
    return [hosts[name] for name in NAMES]


def alone(host: StandIn, name: str) -> None:
    """This host has released one of its own."""
    host.sealed[name] = "live"
    host.live, host.previous = name, OLD


def next_line(fab: Fab, verb: str = "status") -> str:
    ran = fab(verb)
    assert ran.code == 9, ran.err
    return ran.err.splitlines()[-1].removeprefix("next: ").partition(" #")[0]


@pytest.mark.parametrize("verb", ["status", "check"])
def test_of_hosts_that_each_have_their_own_a_ref_is_released_to_all(fab: Fab, three: list[StandIn], verb: str) -> None:
    for host, name in zip(three, (OTHER, NEW, OLDER), strict=True):
        host.fails = ""
        host.sealed = {}
        alone(host, name)
    assert next_line(fab, verb) == "fab -H prod deploy --ref master"


def test_one_that_has_its_own_gets_what_the_others_run(fab: Fab, three: list[StandIn]) -> None:
    alone(three[1], OTHER)
    assert next_line(fab) == "fab -H prod adopt web2"
    assert fab("adopt", "--address", "web2").code == 0
    assert fab("status").code == 0


def test_of_two_the_first_is_the_model(fab: Fab, hosts: Hosts, site: Callable[..., None]) -> None:
    site(address=NAMES[:2])
    alone(hosts["web1"], OTHER)
    assert next_line(fab) == "fab -H prod adopt web2"


def test_what_setup_has_made_can_be_built_nowhere_else(fab: Fab, three: list[StandIn]) -> None:
    for host in three:
        host.commits[OLD] = ""
    alone(three[1], OTHER)
    assert next_line(fab) == "fab -H prod deploy --ref master"


def test_a_way_back_is_named_where_each_has_what_it_leads_to(fab: Fab, three: list[StandIn]) -> None:
    for host in three:
        host.sealed |= {NEW: "good", OLDER: "good"}
    alone(three[0], NEW)
    assert "rollback goes back" in fab("status").err
    for host in three[1:]:
        del host.sealed[OLD]
        host.live = OLDER
    ran = fab("status").err
    assert "next: fab -H prod adopt web" not in ran
    assert f"next: fab -H prod deploy --name {NEW} # goes on\n" in ran


@pytest.mark.parametrize("third", ["bad", "good"])
@pytest.mark.parametrize("left", [0, 2], ids=["first", "last"])
def test_what_the_others_have_gone_back_from_is_not_what_comes_next(
    fab: Fab, three: list[StandIn], left: int, third: str
) -> None:
    """One was lost in a rollback, or could not be put back: whoever types the line does not release again what was left.

    `third`: what the release is on the third host, where it may never have been live.
    """
    for host, state in zip(three, ("bad", third, "bad"), strict=True):
        host.sealed |= {NEW: state}
    alone(three[left], NEW)
    ran = fab("status").err
    assert f"next: fab -H prod rollback --to {OLD} # goes back; fab -H prod deploy --name {NEW} tries it once more\n" in ran
    assert next_line(fab) == f"fab -H prod rollback --to {OLD}"
    assert (fab("rollback", "--to", OLD).code, {host.live for host in three}, fab("status").code) == (0, {OLD}, 0)


def test_what_one_of_three_has_gone_back_from_goes_on(fab: Fab, three: list[StandIn]) -> None:
    """Its adoption, say, has failed."""
    three[1].sealed |= {NEW: "bad"}
    for host in (three[0], three[2]):
        alone(host, NEW)
    assert next_line(fab) == f"fab -H prod deploy --name {NEW}"


def test_one_that_lacks_the_release_before_gets_it_from_its_commit(fab: Fab, three: list[StandIn]) -> None:
    three[2].previous, three[2].sealed = "", {OLD: "live"}
    assert next_line(fab) == "fab -H prod adopt web3"
    for host in three[:2]:
        host.commits[OLDER] = ""
    assert next_line(fab) == "fab -H prod deploy --ref master"


def test_where_two_lack_it_the_next_release_gives_each_one(fab: Fab, three: list[StandIn]) -> None:
    for host in three[1:]:
        host.previous = ""
    assert next_line(fab) == "fab -H prod deploy --ref master"


@pytest.mark.parametrize(
    ("attribute", "value", "line"),
    [
        ("pending", True, "fab -H prod post-release"),
        ("hold", "a sale", "fab -H prod unhold"),
        ("lock_holder", "ada", "fab -H prod attach"),
    ],
)
def test_what_has_to_end_first_comes_next(fab: Fab, three: list[StandIn], attribute: str, value: object, line: str) -> None:
    setattr(three[1], attribute, value)
    three[2].previous = ""
    assert next_line(fab) == line


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("workers", "fab -H prod post-release"),
        ("disk", "fab -H prod prune"),
        ("runtime file .env", "fab -H prod deploy --ref master"),
        ("php", "# install the same version on every host"),
        ("bun", "# install the same version on every host"),
    ],
)
def test_what_only_a_host_itself_has_is_no_matter_of_adopt(fab: Fab, three: list[StandIn], what: str, line: str) -> None:
    for host in three:
        host.compared = {what: "8.2"}
    three[1].compared = {what: "8.1"}
    assert next_line(fab).partition(" #")[0] == line
