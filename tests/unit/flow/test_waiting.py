"""Who has the lock is waited for as long as was asked, and named once; a hold is not waited for."""

from tasks.remote.outcome import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import CUT, NEW, OLD, Answer, StandIn, failed, taken


def test_a_lock_is_not_waited_for_unless_asked(fab: Fab, host: StandIn) -> None:
    host.answers["lock"] = [taken("ada@desk")]
    assert fab("release", "--ref", "master").code == 6
    assert (host.sent, host.clock.pauses) == (["lock"], [])


def test_a_lock_is_waited_for_until_it_is_free(fab: Fab, host: StandIn) -> None:
    host.answers["lock"] = [taken("ada@desk")] * 3
    assert fab("release", "--ref", "master", "--wait", "60").code == 0
    assert (host.sent[:5], sum(host.clock.pauses)) == (["lock"] * 4 + ["build"], 6.0)


def test_a_lock_that_does_not_come_free_is_6_after_the_seconds_that_were_asked(fab: Fab, host: StandIn) -> None:
    host.answers["lock"] = [taken("ada@desk")] * 100
    ran = fab("release", "--ref", "master", "--wait", "25")
    assert (ran.code, sum(host.clock.pauses)) == (6, 25.0)


def test_a_line_is_printed_when_the_holder_changes_and_not_at_every_try(fab: Fab, host: StandIn) -> None:
    first, second = taken("ada@desk", "run 1"), taken("bob@desk", "run 2")
    host.answers["lock"] = [*[first] * 500, *[second] * 500]
    err = fab("release", "--ref", "master", "--wait", "3600").err
    lines = [line.split("waiting: ")[1] for line in err.splitlines() if "waiting: " in line]
    assert lines == ["ada@desk holds the lock", "bob@desk holds the lock"]


def test_a_hold_is_not_waited_for(fab: Fab, host: StandIn) -> None:
    host.answers["lock"] = [failed("releases are on hold by ada", code=6)]
    ran = fab("release", "--ref", "master", "--wait", "3600")
    assert (ran.code, host.sent, host.clock.pauses) == (6, ["lock"], [])


def test_a_link_that_is_lost_while_the_lock_is_taken_is_opened_again(fab: Fab, host: StandIn) -> None:
    """The program of the lost link still has the lock until the host notices: it is this run's own."""
    host.answers["lock"] = [CUT, lambda: taken("me", host.runs[-1].id)]
    ran = fab("release", "--ref", "master")
    assert (ran.code, host.live, host.reconnected) == (0, NEW, 1)
    assert "waiting: " not in ran.err


def test_a_lock_that_nobody_has_signed_is_asked_for_again_and_is_nobodys(fab: Fab, host: StandIn) -> None:
    """It was let go in this instant, by the program of the link that was lost."""
    host.answers["cutover"] = [host.swap(None, told=False)]
    host.answers["lock"] = [host._state, taken("somebody", "unknown"), host._state]
    assert fab("release", "--ref", "master").code == 0
    assert host.live == NEW


def test_a_build_that_goes_on_under_its_own_lock_is_7_when_patience_ends_and_not_a_failure(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [CUT]
    host.answers["lock"] = [host._state, *[lambda: taken("me", host.runs[-1].id)] * 1000]
    ran = fab("release", "--ref", "master", "--patience", "5")
    assert (ran.code, host.live, sum(host.clock.pauses)) == (7, OLD, 5.0)
    for said in ("the link to web1 was lost during build", "What was running there may go on."):
        assert said in ran.err


def test_a_build_that_is_heard_of_again_renews_the_patience(fab: Fab, host: StandIn) -> None:
    """A link that is lost each minute, over an hour, and is back after some tries: the host is there."""

    def a_while() -> Outcome:
        host.clock.seconds += 50
        return Outcome(seen=1)

    host.answers["build"] = [CUT]
    tries: list[Answer] = [CUT, CUT, host._state]
    host.answers["lock"] = [host._state, *tries * 61]
    host.answers["attach"] = [a_while] * 60
    assert fab("release", "--ref", "master", "--patience", "60").code == 0
    assert host.sent.count("attach") == 61


def test_a_build_that_is_never_heard_of_again_ends_the_patience(fab: Fab, host: StandIn) -> None:
    host.answers["build"] = [CUT]
    host.answers["attach"] = [CUT] * 1000
    ran = fab("release", "--ref", "master", "--patience", "60")
    assert ran.code == 7
    assert 60 <= sum(host.clock.pauses) <= 65
