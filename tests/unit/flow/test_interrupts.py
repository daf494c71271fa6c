"""Which signals end a run, what the first waits for, and what the second does not."""

import signal
import time
from collections.abc import Callable

import pytest

from tasks.flow import interrupts
from tasks.flow.interrupts import SIGNALS, Interrupts
from tasks.remote.program import Outcome
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import OLD, StandIn, done, failed

EACH = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


def told() -> None:
    """Nobody listens."""


def pressed_twice() -> Outcome:
    """Ctrl-C, and again."""
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    return done()


@EACH
def test_each_of_them_interrupts(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Interrupts() as found, pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    assert not found.hurried
    assert signal.getsignal(number) is before


@EACH
def test_one_that_was_ignored_stays_ignored(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with Interrupts():
            signal.raise_signal(number)
    finally:
        signal.signal(number, before)


def test_the_second_is_in_a_hurry() -> None:
    with Interrupts() as found:
        for hurried in (False, True):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            assert found.hurried is hurried


def test_an_end_in_good_order_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interrupts, "ORDERLY", 0.01)
    with Interrupts() as found:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            time.sleep(30)
        assert found.hurried


def test_what_is_held_is_waited_for_and_said_once() -> None:
    said: list[int] = []

    def interrupted(found: Interrupts) -> None:
        with found.held(lambda: said.append(1)):
            signal.raise_signal(signal.SIGTERM)
            said.append(2)
        said.append(3)

    with Interrupts() as found, pytest.raises(KeyboardInterrupt):
        interrupted(found)
    assert said == [1, 2]


def test_what_is_held_is_not_waited_for_twice() -> None:
    with Interrupts() as found, pytest.raises(KeyboardInterrupt), found.held(told):
        pressed_twice()
    assert found.hurried


def test_after_the_end_nothing_is_interrupted() -> None:
    with Interrupts() as found:
        found.over()
        signal.raise_signal(signal.SIGINT)


def test_twice_leaves_a_migration_to_itself_and_says_how_to_end_it(fab: Fab, host: StandIn, site: Callable[..., None]) -> None:
    site(services=[{"systemd": "nginx"}], migrate=["bin/console migrate"])
    host.answers["migrate"] = [pressed_twice]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (130, "migrate")
    assert f"Live: {OLD}, unchanged. migrate may still be running on web1; fab -H prod cancel ends it." in ran.err


def test_twice_in_a_cutover_claims_nothing(fab: Fab, host: StandIn) -> None:
    host.answers["cutover"] = [pressed_twice]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-1]) == (130, "cutover")
    assert f"Live was {OLD}, and the cutover may have happened. cutover may still be running on web1." in ran.err
    assert "next: fab -H prod status" in ran.err


def test_a_closed_terminal_is_a_ctrl_c(fab: Fab, host: StandIn) -> None:
    def closed() -> Outcome:
        signal.raise_signal(signal.SIGHUP)
        return done()

    host.answers["build"] = [closed]
    assert fab("deploy", "--ref", "master").code == 130
    assert host.sent[-2:] == ["cancel", "state"]


def test_an_error_that_a_library_made_of_a_ctrl_c_is_a_ctrl_c(fab: Fab, host: StandIn) -> None:
    def broken() -> Outcome:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt:
            raise RuntimeError("release unlocked lock") from None
        return done()

    host.answers["build"] = [broken]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-2:]) == (130, ["cancel", "state"])
    assert "defect" not in ran.err


def test_a_release_that_went_live_during_a_post_release_is_not_called_served(fab: Fab, host: StandIn) -> None:
    def another() -> Outcome:
        host.live = OLD
        return failed("another release went live meanwhile", facts={"live_now": OLD})

    host.answers["finish"] = [another]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.live) == (4, OLD)
    assert "went live during the post-release of" in ran.err
    assert f"Live: {OLD}. Somebody else released meanwhile, and that stays." in ran.err
    assert "rollback" not in ran.err + ran.out
