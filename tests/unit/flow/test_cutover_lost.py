"""The answer to a cutover was lost: the host is asked what became of it, and nothing is ever guessed."""

import getpass
import socket
from collections.abc import Callable

import pytest
from pytest_mock import MockerFixture

from tasks.errors import Unreachable
from tasks.flow import lost
from tasks.remote.program import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed, silent

ME = f"{getpass.getuser()}@{socket.gethostname()}"
BUSY = failed("somebody holds the lock", code=6)


def taken_by(host: StandIn, holder: str) -> Callable[[], Outcome]:
    """The link is cut, and this is who the host then says has the lock."""

    def answer() -> Outcome:
        host.lock_holder = holder
        return CUT

    return answer


@pytest.fixture(autouse=True)
def no_waiting(mocker: MockerFixture) -> None:
    mocker.patch("tasks.flow.lost.time.sleep")


def test_a_cutover_that_happened_goes_on(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (0, NEW)
    assert host.sent == ["lock", "build", "cutover", "lock", "prune"]
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
    host.answers["lock"] = [host._state, lambda: setattr(host, "live", OLDER) or host._state()]  # type: ignore[func-returns-value]
    assert fab("release", "--ref", "master").code == 3


def test_a_host_that_cannot_be_reached_again_is_8(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    host.spec.reconnect.side_effect = Unreachable("web1: no answer within 10 s")
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (8, "cutover")
    for said in (NEW, OLD, "no answer within 10 s", "next: fab -H prod status"):
        assert said in ran.err


@pytest.mark.parametrize("answer", [CUT, failed("not set up")])
def test_a_host_that_gives_no_answer_is_8(fab: Fab, host: StandIn, answer: Outcome) -> None:
    host.answers["cutover"] = [CUT]
    host.answers["lock"] = [host._state, answer]
    assert fab("release", "--ref", "master").code == 8


def test_a_cutover_that_is_still_running_is_waited_for(fab: Fab, host: StandIn) -> None:
    def over() -> Outcome:
        host.lock_holder = ""
        host.swap()()
        return host._state()

    host.answers["cutover"] = [taken_by(host, ME)]
    host.answers["lock"] = [host._state, BUSY, BUSY, over]
    assert fab("release", "--ref", "master").code == 0
    assert host.sent.count("lock") == 4


def test_a_cutover_that_never_ends_is_8_whatever_is_live_meanwhile(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [taken_by(host, ME)]
    host.answers["lock"] = [host._state, *[BUSY] * lost.ASKS]
    assert fab("release", "--ref", "master").code == 8


def test_somebody_who_took_the_lock_meanwhile_is_named_with_6(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [taken_by(host, "ada@desk")]
    host.answers["lock"] = [host._state, BUSY]
    assert fab("release", "--ref", "master").code == 6


def test_after_a_lost_answer_a_failing_post_release_is_put_back_under_the_lock(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    host.answers["post-release"] = [failed("nginx is down")]
    assert fab("deploy", "--ref", "master").code == 5
    assert host.sent[:5] == ["try", "lock", "build", "cutover", "lock"]


def ended_in(host: StandIn, step: str, *, moved: bool) -> Callable[[], Outcome]:
    """The program is ended in this step, before it can say that it has renamed."""

    def answer() -> Outcome:
        if moved:
            host.swap()()
        return failed("it took too long", step=step)

    return answer


def test_a_cutover_that_failed_after_its_rename_is_found_out(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [ended_in(host, "swap", moved=True)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (4, NEW, ["build", "cutover"])
    for said in ("it took too long", f"Live: {NEW}, since this run. Post-release is pending.", "fab -H prod post-release"):
        assert said in ran.err


def test_a_cutover_that_failed_before_its_rename_is_3(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [ended_in(host, "swap", moved=False)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (3, OLD)
    assert f"Live: {OLD}, unchanged." in ran.err


def test_a_cutover_that_never_came_to_its_rename_needs_no_question(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [ended_in(host, "target", moved=False)]
    assert fab("deploy", "--ref", "master").code == 3
    assert host.sent[-1] == "cutover"


def test_a_cutover_that_failed_on_a_host_that_cannot_be_asked_is_8(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [ended_in(host, "swap", moved=True)]
    host.answers["state"] = [CUT]
    ran = fab("deploy", "--ref", "master")
    assert ran.code == 8
    assert f"Live is {OLD} or {NEW}" in ran.err


def test_a_cutover_that_reports_nothing_is_asked_for(fab: Fab, host: StandIn) -> None:
    def unseen() -> Outcome:
        host.swap()()
        return silent()

    host.answers["cutover"] = [unseen]
    assert fab("release", "--ref", "master").code == 0
    assert host.sent == ["lock", "build", "cutover", "lock", "prune"]


def test_a_cutover_that_reports_nothing_and_did_not_happen_is_3(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [silent()]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (3, OLD)
    assert "did not run it: the cutover did not happen" in ran.err


def test_a_cutover_that_reports_nothing_on_a_host_that_reports_nothing_is_8(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [silent()]
    host.answers["lock"] = [host._state, silent()]
    assert fab("release", "--ref", "master").code == 8
