"""Whatever goes wrong after a cutover, the exit code follows from what is live: 0, 4, 5, 8 or 130, and pending is said."""

from collections.abc import Callable

import pytest

from tasks.errors import Unreachable
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, OTHER, Answer, StandIn, failed, lost_lock, taken

Wrong = Callable[[StandIn], Answer]
SESSIONS = Unreachable("web1 refuses another session on the same connection (Connect failed)", next="MaxSessions")


def gone(host: StandIn) -> Answer:
    return host.goes_away()


def refused(_: StandIn) -> Answer:
    return SESSIONS


def locked_out(host: StandIn) -> Answer:
    """The lock was lost, and ada has it."""

    def answer() -> object:
        host.answers["lock"] = [taken("ada@desk") for _ in range(9)]
        return lost_lock()

    return answer  # type: ignore[return-value]


def still_there(host: StandIn) -> Answer:
    """The lock was lost, and a program of this run has it for ever."""

    def answer() -> object:
        host.answers["lock"] = [lambda: taken("me", host.runs[-1].id) for _ in range(5000)]
        return lost_lock()

    return answer  # type: ignore[return-value]


WRONG = pytest.mark.parametrize("wrong", [gone, refused, locked_out, still_there])


@WRONG
@pytest.mark.parametrize("phase", ["post-release", "finish"])
@pytest.mark.parametrize("words", [("deploy", "--ref", "master"), ("rollback",), ("post-release",)])
def test_in_post_release_the_release_stays_live_and_pending(
    fab: Fab, host: StandIn, words: tuple[str, ...], phase: str, wrong: Wrong
) -> None:
    expected = {"deploy": NEW, "rollback": OLDER, "post-release": OLD}[words[0]]
    host.answers[phase] = [wrong(host)] * 9
    host.pending = True
    if wrong is refused:
        host.answers["cutover"] = [host.swap(), SESSIONS]
    ran = fab(*words, "--patience", "30")
    assert (ran.code, host.live) == (4, expected)
    assert f"Live: {expected}, " in ran.err
    assert "Post-release is pending." in ran.err
    assert "next: fab -H prod " in ran.err


@WRONG
@pytest.mark.parametrize("words", [("deploy", "--ref", "master"), ("release", "--ref", "master")])
def test_in_prune_nothing_more_can_fail(fab: Fab, host: StandIn, words: tuple[str, ...], wrong: Wrong) -> None:
    host.answers["prune"] = [wrong(host)]
    ran = fab(*words, "--patience", "30")
    assert (ran.code, host.live) == (0, NEW)
    assert "old releases could not be pruned" in ran.err
    assert f"{NEW} is live" in ran.out


@pytest.mark.parametrize(("wrong", "code"), [(gone, 8), (refused, 4), (locked_out, 4)])
def test_a_way_back_that_is_barred_is_told_with_what_is_live(fab: Fab, host: StandIn, wrong: Wrong, code: int) -> None:
    host.answers["post-release"] = [failed("nginx failed")]
    host.answers["cutover"] = [host.swap(), wrong(host)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (code, NEW)
    assert "nginx failed" in ran.err
    said = (
        f"Live is {NEW} or {OLD}" if code == 8 else f"Live: {NEW}, since this run. Post-release is pending. It could not be put"
    )
    assert said in ran.err


@WRONG
@pytest.mark.parametrize("phase", ["post-release", "finish"])
def test_once_the_release_before_is_back_it_is_5_whatever_its_own_post_release_meets(
    fab: Fab, host: StandIn, phase: str, wrong: Wrong
) -> None:
    first = [failed("nginx failed")] if phase == "post-release" else [host._finish]
    host.answers["post-release"] = [failed("nginx failed")]
    host.answers[phase] = [*first, wrong(host), wrong(host), wrong(host)]
    ran = fab("deploy", "--ref", "master", "--patience", "30")
    assert (ran.code, host.live) == (5, OLD)
    for said in (f"{OLD} is live again, but its own post-release failed", f"{NEW} is marked bad", "Post-release is pending"):
        assert said in ran.err


def test_what_a_failed_service_left_that_cannot_be_removed_bars_no_way_back(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [failed("nginx failed", facts={"said": "/a/file"})]
    host.answers["forget"] = [SESSIONS]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (5, OLD)
    assert "/a/file" in ran.err


# -- an outcome that is unknown


def test_a_link_lost_in_post_release_is_no_failure_while_the_host_can_be_asked(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [CUT]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.written, host.reconnected) == (0, NEW, ["ok"], 1)


def test_the_right_to_move_the_live_link_comes_back_with_the_lock_after_a_lost_link(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [CUT]
    assert fab("deploy", "--ref", "master").code == 0
    asked = [dict(phase.options)["needs"] for phase in host.phases if phase.name == "lock"]
    assert asked == ["build", "move"]


def test_what_became_of_post_release_is_written_down_over_a_new_link(fab: Fab, host: StandIn) -> None:
    host.answers["finish"] = [CUT]
    assert fab("deploy", "--ref", "master").code == 0
    assert host.written == ["ok", "ok"]


def test_a_post_release_that_stays_unknown_is_written_as_unknown_and_marks_nothing_bad(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [CUT] * 3
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.written) == (4, NEW, ["unknown"])
    assert (host.sent.count("post-release"), host.sealed[NEW]) == (3, "live")
    for said in ("the link to web1 was lost during post-release", f"Live: {NEW}, since this run. Post-release is pending."):
        assert said in ran.err


def test_a_post_release_is_not_sent_again_when_another_release_is_live_by_then(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [host.colleague(lambda: CUT)]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.sent.count("post-release")) == (4, OTHER, 1)
    assert f"Live: {OTHER}. Somebody else released since, and that stays." in ran.err


def test_a_post_release_that_fails_as_another_release_is_live_puts_nothing_back(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [host.colleague(lambda: failed("the pool www is in another release"))]
    host.answers["finish"] = [failed(f"another release went live since: {OTHER}", facts={"live_now": OTHER})]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.sent.count("cutover")) == (4, OTHER, 1)
    assert f"Live: {OTHER}. Somebody else released since, and that stays." in ran.err
    assert "putting" not in ran.err


def test_patience_that_has_ended_once_is_not_spent_again(fab: Fab, host: StandIn) -> None:
    """The host can be reached, and what was sent before the link was lost runs there for ever."""
    host.answers["post-release"], host.answers["finish"] = [CUT], [CUT]
    host.answers["lock"] = [host._state, *[lambda: taken("me", host.runs[-1].id)] * 1000]
    assert fab("deploy", "--ref", "master", "--patience", "60").code == 4
    assert sum(host.clock.pauses) == 60


def test_patience_is_how_long_a_host_is_tried_again_in_post_release(fab: Fab, host: StandIn) -> None:
    host.answers["post-release"] = [host.goes_away()]
    fab("deploy", "--ref", "master")
    assert 600 <= sum(host.clock.pauses) <= 605
