"""A cutover whose link was lost before the host did it: it is sent once more, where nobody can have moved anything."""

import pytest

from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, OLDER, StandIn, failed
from tests.unit.flow.test_cutover_lost import ended_in, own


def test_a_cutover_that_did_not_happen_is_sent_once_more(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live) == (0, NEW)
    assert host.sent == ["lock", "build", "cutover", "lock", "cutover", "prune"]
    assert host.abouts[2] == host.abouts[4]
    assert "the link was lost before the cutover, which did not happen: it is sent once more" in ran.err


def test_a_cutover_that_did_not_happen_twice_is_3(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT, CUT, host.swap()]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (3, OLD, ["build", "cutover", "cutover"])
    assert "error: web1: cutover: the link was lost before the cutover, which did not happen" in ran.err


def test_the_second_one_whose_answer_is_lost_is_asked_for_too(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT, host.swap(None, told=False)]
    assert (fab("release", "--ref", "master").code, host.live, host.sent.count("lock")) == (0, NEW, 3)


@pytest.mark.parametrize(("moved", "code"), [(False, 3), (True, 4)])
def test_the_second_one_fails_as_the_first_would_have(fab: Fab, host: StandIn, moved: bool, code: int) -> None:
    host.answers["cutover"] = [CUT, ended_in(host, "swap", moved=moved)]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.changed) == (code, ["build", "cutover", "cutover"])
    assert "it took too long" in ran.err


def test_where_somebody_has_moved_it_there_and_back_it_is_not_sent_again(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.there_and_back]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (3, OLD, ["build", "cutover"])
    assert "did not happen" in ran.err


def test_after_a_ctrl_c_it_is_not_sent_again(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [host.ctrl_c(lambda: CUT)]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.changed) == (130, OLD, ["build", "cutover"])
    assert f"Live: {OLD}, unchanged." in ran.err


@pytest.mark.parametrize("back", [False, True])
def test_a_second_one_is_never_sent_before_the_lock_shows_that_the_first_is_over(fab: Fab, host: StandIn, back: bool) -> None:
    host.answers["lock"] = [host._state, own(host), own(host)]
    if back:
        host.answers["post-release"] = [failed("nginx is down")]
        host.answers["cutover"] = [host.swap()]
    host.answers.setdefault("cutover", []).append(CUT)
    assert fab("deploy", "--ref", "master").code == (5 if back else 0)
    *_, first, _ = (place for place, name in enumerate(host.sent) if name == "cutover")
    assert host.sent[first : first + 5] == ["cutover", "lock", "lock", "lock", "cutover"]


@pytest.mark.parametrize(("answer", "code", "cutovers"), [("cut", 5, 3), ("there and back", 4, 2)])
def test_a_put_back_that_did_not_happen_is_sent_once_more_too(
    fab: Fab, host: StandIn, answer: str, code: int, cutovers: int
) -> None:
    host.answers["cutover"] = [host.swap(), CUT if answer == "cut" else host.there_and_back]
    host.answers["post-release"] = [failed("nginx is down")]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live, host.sent.count("cutover")) == (code, OLD if code == 5 else NEW, cutovers)
    assert host.abouts[-3 if code == 5 else -2].put_back == "yes"


def test_a_rollback_that_has_passed_by_a_build_passes_by_it_again(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [CUT]
    assert (fab("rollback").code, host.live) == (0, OLDER)
    locks = [dict(phase.options) for phase in host.phases if phase.name == "lock"]
    assert [(options["needs"], options["returns"]) for options in locks] == [("rollback", False), ("rollback", True)]
