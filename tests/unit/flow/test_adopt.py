"""adopt: a new host, or one that was left out, gets what the others run; never more, and never a branch's head."""

import shlex
from collections import defaultdict
from collections.abc import Callable

import pytest

from tasks.errors import Unreachable
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import COMMITS, OLD, OLDER, OTHER, StandIn, failed

Hosts = defaultdict[str, StandIn]
NAMES = ["web1", "web2", "web3"]


@pytest.fixture
def three(hosts: Hosts, site: Callable[..., None]) -> list[StandIn]:
    """The third has nothing yet, and the others have released without it."""
    site(address=NAMES, services=[{"systemd": "nginx"}], migrate=["migrate"])
    new = hosts["web3"]
    new.live, new.previous, new.sealed = "", "", {}
    for name in NAMES[:2]:
        hosts[name].left_out = {"web3": "its disk was broken"}
    return [hosts[name] for name in NAMES]


@pytest.mark.parametrize("words", [(), ("--address", "web3")])
def test_it_gets_the_live_release_and_the_one_before_from_their_commits(
    fab: Fab, three: list[StandIn], words: tuple[str, ...]
) -> None:
    ran = fab("adopt", *words)
    new = three[2]
    assert (ran.code, new.live, new.sealed, new.pending) == (0, OLD, {OLDER: "good", OLD: "live"}, False)
    built = [about.release for about, name in zip(new.abouts, new.sent, strict=True) if name == "build"]
    assert [(release.name, release.commit) for release in built] == [(OLDER, COMMITS[OLDER]), (OLD, COMMITS[OLD])]
    assert [name for name in new.changed if name not in ("build",)] == ["cutover", "post-release", "finish", "before"]
    for host in three[:2]:
        assert host.changed == ["joined"]
        assert host.phases[-1].steps[0].arguments == (["web3"],)
        assert "lock" not in host.sent
    assert "migrate" not in new.sent


def test_again_it_builds_and_moves_nothing(fab: Fab, three: list[StandIn]) -> None:
    fab("adopt")
    three[2].sent.clear()
    three[2].previous = OLDER
    assert fab("adopt", "--address", "web3").code == 0
    assert "build" not in three[2].sent
    assert "cutover" not in three[2].sent
    for host in three:
        host.left_out = {}
    three[2].sent.clear()
    ran = fab("adopt")
    assert (ran.code, three[2].changed, f"every host runs {OLD}" in ran.err) == (0, [], True)


def test_others_that_differ_are_no_model(fab: Fab, three: list[StandIn]) -> None:
    three[1].live = OLDER
    ran = fab("adopt")
    assert (ran.code, three[2].changed) == (3, [])
    assert f"web2: {OLDER}\n" in ran.err
    assert "next: fab -H prod deploy --ref master #" in ran.err


def test_others_of_other_histories_are_a_model_with_what_each_could_go_back_to(fab: Fab, three: list[StandIn]) -> None:
    three[1].previous, three[1].sealed[OTHER] = OTHER, "good"
    assert fab("adopt").code == 0
    assert (three[2].live, three[2].sealed) == (OLD, {OLD: "live"})


def test_where_nobody_is_to_be_adopted_nothing_is_built(fab: Fab, three: list[StandIn]) -> None:
    three[2].live, three[2].sealed = OLD, {OLD: "live"}
    for host in three:
        host.left_out, host.commits = {}, {OLD: "", OLDER: ""}
    ran = fab("adopt")
    assert (ran.code, f"every host runs {OLD}" in ran.err) == (0, True)
    three[1].live = OLDER
    assert fab("adopt").code == 3


def test_where_each_says_of_the_other_that_it_was_left_out_the_line_names_one(fab: Fab, three: list[StandIn]) -> None:
    three[2].live, three[2].sealed, three[2].left_out = OTHER, {OTHER: "live"}, {"web1": "mine", "web2": "mine"}
    ran = fab("adopt")
    assert (ran.code, "next: fab -H prod adopt web3 #" in ran.err) == (3, True)
    assert fab("adopt", "--address", "web3").code == 0


@pytest.mark.parametrize(("what", "code"), [(failed("origin has no commit"), 3), (failed("no .env.local"), 3)])
def test_a_build_that_cannot_be_leaves_it_as_it_was(fab: Fab, three: list[StandIn], what: object, code: int) -> None:
    three[2].answers["build"] = [what]  # type: ignore[list-item]
    assert (fab("adopt").code, three[2].live, three[0].changed) == (code, "", [])


def test_one_that_ran_something_else_is_put_back_to_that_when_it_fails(fab: Fab, three: list[StandIn]) -> None:
    new = three[2]
    new.live, new.sealed = OTHER, {OTHER: "live"}
    new.answers["post-release"] = [failed("nginx failed")]
    ran = fab("adopt")
    assert (ran.code, new.live, three[0].changed) == (5, OTHER, [])
    assert "next: fab -H prod adopt web3 # tries it again, when the cause is mended\n" in ran.err
    assert "Migrations" not in ran.err


@pytest.mark.parametrize("away", [False, True])
def test_one_that_had_nothing_and_fails_is_adopted_again(fab: Fab, three: list[StandIn], away: bool) -> None:
    new = three[2]
    new.answers["post-release"] = [new.goes_away() if away else failed("nginx failed")]
    ran = fab("adopt", "--patience", "0")
    assert (ran.code, new.live) == (4, OLD)
    assert "next: fab -H prod adopt web3 #" in ran.err
    new.away = False
    assert fab("adopt", "--address", "web3").code == 0


def test_of_several_that_fail_the_line_adopts_each(fab: Fab, three: list[StandIn]) -> None:
    three[1].live, three[1].sealed = "", {}
    three[1].answers["post-release"] = [failed("nginx failed")]
    assert "next: fab -H prod adopt web2 && fab -H prod adopt web3 #" in fab("adopt").err


def test_others_that_have_moved_on_are_looked_at_again(fab: Fab, three: list[StandIn]) -> None:
    moved = three[1]
    three[2].answers["before"] = [moved.colleague(lambda: failed("", 0))]
    ran = fab("adopt")
    assert (ran.code, three[2].live) == (4, OLD)
    assert "the other hosts have moved on since" in ran.err
    assert "next: fab -H prod adopt web3" in ran.err


def test_a_host_that_there_is_not_is_2(fab: Fab, three: list[StandIn]) -> None:
    assert fab("adopt", "--address", "web9").code == 2
    assert three[2].changed == []


def test_one_host_has_no_other_to_take_from(fab: Fab, host: StandIn) -> None:
    assert (fab("adopt", "--address", "web1").code, host.changed) == (3, [])


def test_where_another_host_is_away_it_is_7_with_the_line_that_leaves_it_out(fab: Fab, three: list[StandIn]) -> None:
    three[1].away = True
    ran = fab("adopt", "--address", "web3")
    assert (ran.code, three[2].live) == (7, "")
    line = "fab -H prod adopt --address web3 --without web2 --reason 'it is down'"
    assert f"next: {line} # goes on with the others\n" in ran.err
    assert fab(*shlex.split(line)[3:]).code == 0
    assert three[2].live == OLD


def test_one_that_is_away_cannot_be_left_out_of_its_own_adoption(fab: Fab, three: list[StandIn]) -> None:
    three[2].away = True
    ran = fab("adopt", "--address", "web3")
    assert (ran.code, "--without" in ran.err) == (7, False)


def test_of_several_newcomers_one_that_is_away_is_7_with_the_line_that_leaves_it_out(
    fab: Fab, hosts: Hosts, site: Callable[..., None]
) -> None:
    site(address=["web1", "web2", "web3"], services=[{"systemd": "nginx"}])
    for name in ("web2", "web3"):
        hosts[name].live, hosts[name].sealed = "", {}
    hosts["web3"].answers["service login"] = [Unreachable("web3: no answer")]
    ran = fab("adopt")
    assert (ran.code, hosts["web2"].live) == (7, "")
    assert "next: fab -H prod adopt --without web3 --reason 'it is down' #" in ran.err
