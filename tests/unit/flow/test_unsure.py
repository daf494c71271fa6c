"""Links that are lost around the swap of one host of several: the others do not wait for ever, and it is asked again."""

import pytest

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab, Fleet
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed

NAMES = ("web1", "web2", "web3")


def unsure(hosts: list[StandIn], *, swaps: bool) -> StandIn:
    """The last of them is lost in its swap; its link is back once another was served."""
    lost, other = hosts[-1], hosts[0]
    lost.answers["cutover"] = [lost.goes_away(lost.swap() if swaps else None)]

    def served() -> Outcome:
        lost.away = False
        return Outcome(code=0)

    other.answers["post-release"] = [served]
    return lost


@pytest.mark.parametrize("words", [("deploy", "--ref", "master"), ("rollback",)], ids=lambda words: words[0])
def test_the_others_go_on_after_a_minute_without_one_whose_swap_is_unsure_and_it_is_asked_again(
    fab: Fab, fleet: Fleet, words: tuple[str, ...]
) -> None:
    there = fleet(NAMES[:3])
    lost = unsure(there, swaps=True)
    ran = fab(*words)
    assert (ran.code, len({host.live for host in there}), {host.pending for host in there}) == (0, 1, {False})
    assert lost.sent.count("cutover") == 1
    assert "whether web3 has switched is unknown" in ran.err
    assert 60 <= sum(there[0].clock.pauses) < 70


@pytest.mark.parametrize("words", [("deploy", "--ref", "master"), ("rollback",)], ids=lambda words: words[0])
def test_one_that_is_found_not_to_have_switched_switches_then(fab: Fab, fleet: Fleet, words: tuple[str, ...]) -> None:
    there = fleet(NAMES[:3])
    lost = unsure(there, swaps=False)
    ran = fab(*words)
    assert (ran.code, len({host.live for host in there}), {host.pending for host in there}) == (0, 1, {False})
    assert (there[0].live == OLD, lost.sent.count("cutover")) == (False, 2)
    assert "web3 warning: the link was lost before the cutover, which did not happen: it is sent once more" in ran.err


def test_all_go_back_when_one_does_not_switch_then_either(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    unsure(there, swaps=False).answers["cutover"].append(failed("no room", step="swap"))
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, {host.live for host in there}, {host.pending for host in there}) == (5, {OLD}, {False})


def test_a_put_back_that_asks_again_sends_nobody_forward(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    lost, other = there[-1], there[0]
    lost.answers["cutover"] = [lost.goes_away()]

    def served_again() -> Outcome:
        lost.away = False
        return Outcome(code=0)

    other.answers["post-release"] = [failed("nginx is down"), served_again]
    assert (fab("deploy", "--ref", "master").code, {host.live for host in there}) == (5, {OLD})
    assert lost.sent.count("cutover") == 1


def test_a_put_back_asks_the_unsure_host_again_and_takes_it_back_too(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    lost, other = there[-1], there[0]
    lost.answers["cutover"] = [lost.goes_away(lost.swap())]

    def served_again() -> Outcome:
        lost.away = False
        return Outcome(code=0)

    other.answers["post-release"] = [failed("nginx is down"), served_again]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, {host.live for host in there}) == (5, {OLD})
    assert "web3: source-20261120T090000Z is live again, and its services were not touched." in ran.err


def test_an_unsure_swap_is_asked_for_as_long_as_the_patience_lasts(fab: Fab, fleet: Fleet) -> None:
    there = fleet(NAMES[:3])
    there[-1].answers["cutover"] = [there[-1].goes_away()]
    assert fab("deploy", "--ref", "master", "--patience", "300").code == 8
    assert 300 <= sum(there[0].clock.pauses) < 310
    there = fleet(NAMES[:1])
    there[0].answers["cutover"] = [there[0].goes_away()]
    assert fab("release", "--name", OLDER, "--patience", "300").code == 8
    assert 300 <= sum(there[0].clock.pauses) < 310


@pytest.mark.parametrize("phase", ["stage", "still-live"])
def test_a_link_that_is_cut_before_the_first_swap_is_made_again(fab: Fab, fleet: Fleet, phase: str) -> None:
    there = fleet(NAMES[:3], migrate=["migrate"])
    there[1].answers[phase] = [CUT]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, {host.live for host in there}, there[1].sent.count(phase)) == (0, {NEW}, 2)


def test_a_rollback_whose_unsure_host_has_not_switched_names_it_and_how_to_go_on(fab: Fab, fleet: Fleet) -> None:
    """A rollback goes to what was good: the hosts that have it keep it, and nothing is marked bad."""
    there = fleet(NAMES[:3])
    unsure(there, swaps=False).answers["cutover"].append(failed("no room", step="swap"))
    ran = fab("rollback")
    assert (ran.code, [host.live for host in there]) == (4, [OLDER, OLDER, OLD])
    assert f"web3: Live: {OLD}, unchanged." in ran.err
    assert f"next: fab -H prod rollback --to {OLDER} # makes it live on the others too" in ran.err
    assert fab("rollback", "--to", OLDER).code == 0
    assert [host.live for host in there] == [OLDER] * 3
