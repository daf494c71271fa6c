"""--without leaves hosts out, for a reason that is recorded; --host asks one alone."""

import shlex
from collections import defaultdict
from collections.abc import Callable

import pytest

from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import NEW, OLD, StandIn

Hosts = defaultdict[str, StandIn]
NAMES = ["web1", "web2", "web3"]


@pytest.fixture
def three(hosts: Hosts, site: Callable[..., None]) -> list[StandIn]:
    site(address=NAMES, migrate=["migrate"])
    return [hosts[name] for name in NAMES]


@pytest.mark.parametrize("left_out", NAMES)
def test_a_host_that_is_left_out_is_not_asked_and_the_others_record_why(fab: Fab, three: list[StandIn], left_out: str) -> None:
    away = three[NAMES.index(left_out)]
    away.away = True
    ran = fab("deploy", "--ref", "master", "--without", left_out, "--reason", "its disk is broken")
    assert (ran.code, away.live, away.logins) == (0, OLD, [])
    for host in three:
        if host is not away:
            assert host.live == NEW
            assert {(run.without, run.reason) for run in host.runs} == {((left_out,), "its disk is broken")}
    assert f"{left_out} is left out: it goes on with what it has, on a database that may be migrated" in ran.err


def test_the_line_without_one_that_is_away_keeps_who_is_left_out_already(fab: Fab, three: list[StandIn]) -> None:
    three[1].away = True
    ran = fab("deploy", "--ref", "master", "--without", "web3", "--reason", "its disk is broken")
    assert ran.code == 7
    words = shlex.split(ran.err.splitlines()[-1].removeprefix("next: ").partition(" # ")[0])[3:]
    assert sorted(words) == sorted(
        ("deploy", *shlex.split("--ref master --without web3 --without web2 --reason 'its disk is broken'"))
    )
    assert fab(*words).code == 0


def test_a_host_that_is_named_twice_is_left_out_once(fab: Fab, three: list[StandIn]) -> None:
    ran = fab("deploy", "--ref", "master", "--without", "web1", "--without", "web1", "--reason", "broken")
    assert (ran.code, ran.err.count("web1 is left out")) == (0, 1)
    assert {run.without for run in three[1].runs} == {("web1",)}


@pytest.mark.parametrize("verb", ["build --ref a", "release --ref a", "deploy --ref a", "rollback", "post-release", "prune"])
def test_every_verb_that_changes_something_may_leave_several_out(fab: Fab, three: list[StandIn], verb: str) -> None:
    ran = fab(*verb.split(), "--without", "web1", "--without", "web3", "--reason", "broken")
    assert (ran.code, three[0].logins, three[2].logins) == (0, [], [])
    assert three[1].sent


def test_a_host_that_is_left_out_twice_is_named_once(fab: Fab, three: list[StandIn]) -> None:
    ran = fab("deploy", "--ref", "master", "--without", "web2", "--without", "web2", "--reason", "broken")
    assert (ran.code, three[1].logins) == (0, [])
    assert ran.err.count("web2 is left out") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--without web4 --reason x", "prod has no host 'web4': it has web1, web2, web3"),
        ("--without web --reason x", "prod has no host 'web'"),
        ("--without web1", "--without ADDRESS and --reason TEXT go together"),
        ("--reason x", "--without ADDRESS and --reason TEXT go together"),
        ("--without web1 --without web2 --without web3 --reason x", "leaves out every host there is"),
    ],
)
def test_what_is_wrong_with_it_is_2_and_nothing_is_sent(fab: Fab, three: list[StandIn], words: str, said: str) -> None:
    ran = fab("deploy", "--ref", "master", *words.split())
    assert (ran.code, [host.logins for host in three]) == (2, [[], [], []])
    assert said in ran.err


def test_a_host_that_is_away_is_7_with_the_line_that_leaves_it_out(fab: Fab, three: list[StandIn]) -> None:
    three[1].away = True
    ran = fab("deploy", "--ref", "it's mine")
    assert (ran.code, [host.changed for host in three]) == (7, [[], [], []])
    assert """next: fab -H prod deploy --ref 'it'"'"'s mine' --without web2 --reason 'it is down' # """ in ran.err


def test_one_host_alone_has_nothing_to_be_left_out(fab: Fab, host: StandIn, site: Callable[..., None]) -> None:
    site()
    host.away = True
    assert "--without" not in fab("deploy", "--ref", "master").err


@pytest.mark.parametrize("verb", ["status", "releases", "history", "logs", "check", "attach", "cancel"])
def test_one_host_may_be_asked_alone(fab: Fab, three: list[StandIn], verb: str) -> None:
    fab(verb, "--host", "web2")
    assert [bool(host.logins) for host in three] == [False, True, False]


def test_a_host_that_there_is_not_cannot_be_asked(fab: Fab, three: list[StandIn]) -> None:
    ran = fab("status", "--host", "web9")
    assert (ran.code, [host.logins for host in three]) == (2, [[], [], []])
    assert "prod has no host 'web9'" in ran.err
