"""The answer to a cutover was lost: the host is asked what became of it, and nothing is ever guessed."""

from collections.abc import Callable

import pytest

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, OTHER, StandIn, failed, lost_lock, taken


def own(host: StandIn) -> Callable[[], Outcome]:
    """A lock that a program of this run still has."""
    return lambda: taken("me", host.runs[-1].id)


def test_a_cutover_that_happened_goes_on(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (0, NEW)
    assert host.sent == ["lock", "build", "cutover", "lock", "prune"]
    assert f"before   {OLD}" in ran.out


def test_the_host_is_asked_over_a_new_connection(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    fab("release", "--ref", "master")
    assert host.reconnected == 1


@pytest.mark.parametrize(("patience", "least", "most"), [("0", 0, 0), ("30", 30, 35), (None, 600, 605)])
def test_patience_is_how_long_a_host_is_asked_what_became_of_a_cutover(
    fab: Fab, host: StandIn, patience: str | None, least: int, most: int
) -> None:
    host.answers["cutover"] = [host.goes_away()]
    ran = fab("release", "--ref", "master", *(("--patience", patience) if patience else ()))
    assert ran.code == 8
    assert least <= sum(host.clock.pauses) <= most
    assert host.reconnected == len(host.clock.pauses) + 1


def test_a_rollback_that_names_nothing_is_found_out_by_the_link_having_moved(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    assert fab("rollback").code == 0
    assert host.live == OLDER


@pytest.mark.parametrize("words", [("release", "--ref", "master"), ("rollback",)])
def test_a_third_release_that_is_live_now_is_not_taken_for_ours(fab: Fab, host: StandIn, words: tuple[str, ...]) -> None:
    host.answers["cutover"] = [host.colleague(lambda: CUT)]
    ran = fab(*words)
    assert (ran.code, host.live, "post-release" in host.sent) == (3, OTHER, False)
    for said in (f"another release went live since: {OTHER}", f"Live: {OTHER}; it was {OLD} when this run began."):
        assert said in ran.err


def test_a_host_that_cannot_be_reached_again_is_8(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.goes_away()]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (8, "cutover")
    for said in (f"Live is {OLD} or {NEW}: the host cannot be asked.", "no answer within 10 s", "next: fab -H prod status"):
        assert said in ran.err


def test_a_host_that_answers_after_a_while_is_asked_again(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.swap(None, told=False)]
    host.answers["lock"] = [host._state, CUT, CUT]
    assert fab("release", "--ref", "master").code == 0
    assert host.reconnected == 3


def test_a_host_that_refuses_to_answer_is_8(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    host.answers["lock"] = [host._state, failed("not set up")]
    assert fab("release", "--ref", "master").code == 8


def test_a_cutover_that_is_still_running_is_waited_for(fab: Fab, host: StandIn) -> None:
    def over() -> Outcome:
        host.live, host.sealed[NEW] = NEW, "live"
        return host._state()

    host.answers["cutover"] = [CUT]
    host.answers["lock"] = [host._state, own(host), own(host), over]
    assert fab("release", "--ref", "master").code == 0
    assert host.sent.count("lock") == 4


@pytest.mark.parametrize("patience", [5, 120])
def test_a_cutover_that_never_ends_is_waited_for_as_long_as_patience_lasts_and_is_8(
    fab: Fab, host: StandIn, patience: int
) -> None:
    host.answers["cutover"] = [CUT]
    host.answers["lock"] = [host._state, *[own(host)] * 1000]
    ran = fab("release", "--ref", "master", "--patience", str(patience))
    assert (ran.code, sum(host.clock.pauses)) == (8, patience)
    assert "still runs there" in ran.err


@pytest.mark.parametrize(("moved", "code"), [(False, 6), (True, 4)])
def test_somebody_who_took_the_lock_meanwhile_is_named_and_the_code_says_what_is_live(
    fab: Fab, host: StandIn, moved: bool, code: int
) -> None:
    host.answers["cutover"] = [host.swap(None, told=False) if moved else CUT]
    host.answers["lock"] = [host._state, taken("ada@desk")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (code, NEW if moved else OLD)
    assert "ada@desk holds the lock" in ran.err
    assert ("Post-release is pending" in ran.err) is moved


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


# -- the lock was lost, or the link, and a colleague has released since (promise 4)


def test_what_a_colleague_released_while_the_lock_was_lost_stays(fab: Fab, host: StandIn) -> None:
    """A laptop that was closed between its build and its cutover."""
    host.answers["cutover"] = [host.colleague(lost_lock)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (3, OTHER)
    assert host.sent == ["try", "lock", "build", "cutover", "lock", "cutover", "state"]
    assert f"Live: {OTHER}; it was {OLD} when this run began." in ran.err


def test_what_a_colleague_released_while_the_link_was_lost_in_a_build_stays(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [host.colleague(lambda: CUT)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (3, OTHER)
    assert host.sent == ["try", "lock", "build", "lock", "attach", "cutover", "state"]


def test_a_lock_that_was_lost_is_taken_again_and_the_cutover_goes_on(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [lost_lock()]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.reconnected) == (0, NEW, 0)
    assert "has let go of its lock; taking it again" in ran.err


def test_a_lock_that_somebody_else_took_meanwhile_is_6_before_the_cutover(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [lost_lock()]
    host.answers["lock"] = [host._state, taken("ada@desk")]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.sent[-1]) == (6, OLD, "lock")
    assert f"Live: {OLD}, unchanged." in ran.err
