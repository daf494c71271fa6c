"""The answer to a cutover was lost: the host is asked what became of it, and nothing is ever guessed."""

import pytest
from pytest_mock import MockerFixture

from tasks.errors import Unreachable
from tasks.flow import release
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed


@pytest.fixture(autouse=True)
def no_waiting(mocker: MockerFixture) -> None:
    mocker.patch("tasks.flow.release.time.sleep")


def test_a_cutover_that_happened_goes_on(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (0, NEW)
    assert host.sent == ["lock", "build", "cutover", "state", "prune"]
    assert f"before   {OLD}" in ran.out


def test_the_host_is_asked_over_a_new_connection(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    fab("release", "--ref", "master")
    host.spec.reconnect.assert_called_once_with()


def test_a_cutover_that_did_not_happen_is_3(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (3, OLD, ["build", "cutover"])
    assert "did not happen" in ran.err


def test_a_rollback_that_names_nothing_is_found_out_by_the_link_having_moved(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    assert fab("rollback").code == 0
    assert host.live == OLDER


def test_a_third_release_that_is_live_now_is_not_taken_for_ours(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    host.answers["state"] = [lambda: setattr(host, "live", OLDER) or host._state()]  # type: ignore[func-returns-value]
    assert fab("release", "--ref", "master").code == 3


def test_a_host_that_cannot_be_reached_again_is_8(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    host.spec.reconnect.side_effect = Unreachable("web1: no answer within 10 s")
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (8, "cutover")
    for said in (NEW, OLD, "no answer within 10 s", "next: fab -H prod status"):
        assert said in ran.err


@pytest.mark.parametrize("answer", [CUT, failed("not set up")])
def test_a_host_that_gives_no_answer_is_8(fab: Fab, host: StandIn, answer: object) -> None:
    host.answers["cutover"] = [CUT]
    host.answers["state"] = [answer]  # type: ignore[list-item]
    assert fab("release", "--ref", "master").code == 8


def test_a_cutover_that_is_still_running_is_waited_for(fab: Fab, host: StandIn) -> None:
    def still_running() -> object:
        host.lock_holder = "ada@desk" if host.sent.count("state") < 3 else ""
        return host.swap(0)() and host._state() if not host.lock_holder else host._state()

    host.answers["cutover"] = [CUT]
    host.answers["state"] = [still_running] * 3  # type: ignore[list-item]
    assert fab("release", "--ref", "master").code == 0
    assert host.sent.count("state") == 3


def test_a_cutover_that_never_ends_is_8_whatever_is_live_meanwhile(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    host.lock_holder = "ada@desk"
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.sent.count("state")) == (8, release.ASKS)
