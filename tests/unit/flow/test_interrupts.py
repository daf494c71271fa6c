"""Which signals end a run, what the first waits for, and what the second does not; and that hearing one does nothing else."""

import signal
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from tasks.flow.clock import Clock, Patience, Stopped
from tasks.flow.interrupts import SIGNALS, Interrupts
from tasks.view.live import Live
from tests.unit.flow.conftest import Fab
from tests.unit.flow.fake_clock import FakeClock
from tests.unit.flow.stand_in import OLD, StandIn
from tests.unit.view.scenes import BUILD, Terminal, events

EACH = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


class Interrupted(SimpleQueue[Any]):
    """An inbox that stays empty; the signal comes once it is waited for."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number = number

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        signal.raise_signal(self._number)
        return super().get(block, timeout)


@EACH
def test_each_of_them_ends_a_wait(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Interrupts() as found, pytest.raises(KeyboardInterrupt):
        found.wait(Interrupted(number))
    assert not found.hurried
    assert signal.getsignal(number) is before


@EACH
def test_one_that_was_ignored_stays_ignored(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with Interrupts() as found:
            signal.raise_signal(number)
            found.check()
    finally:
        signal.signal(number, before)


@EACH
def test_one_that_the_kernel_gives_to_another_thread_ends_the_wait(number: signal.Signals) -> None:
    """Python's handler runs in the main thread, and nobody wakes it."""

    def take_it_away() -> None:
        time.sleep(0.05)  # until the main thread waits
        signal.pthread_kill(threading.get_ident(), number)

    with Interrupts() as found:
        threading.Thread(target=take_it_away).start()
        with pytest.raises(KeyboardInterrupt):
            found.wait(SimpleQueue(), 60.0)


def test_before_anything_was_waited_for_it_is_raised_where_it_comes() -> None:
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def waited(found: Interrupts) -> None:
    """Something was sent, and answered."""
    inbox: SimpleQueue[Any] = SimpleQueue()
    inbox.put("an answer")
    assert found.wait(inbox) == "an answer"


def test_between_two_waits_it_is_kept_for_the_next() -> None:
    with Interrupts() as found:
        waited(found)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            found.wait(SimpleQueue())


def test_the_second_is_in_a_hurry() -> None:
    with Interrupts() as found:
        waited(found)
        for hurried in (False, True):
            signal.raise_signal(signal.SIGINT)
            assert found.hurried is hurried


def test_a_wait_ends_after_its_seconds() -> None:
    with Interrupts() as found, pytest.raises(Empty):
        found.wait(SimpleQueue(), 0.0)


def test_what_is_held_is_waited_for_to_its_end() -> None:
    def run(found: Interrupts) -> None:
        with found.held():
            assert found.wait(Interrupted(signal.SIGTERM)) is None
            assert found.waiting
            said.append("held")
        said.append("went on")

    said: list[str] = []
    with Interrupts() as found, pytest.raises(KeyboardInterrupt):
        run(found)
    assert said == ["held"]


def test_what_is_held_is_not_waited_for_twice() -> None:
    def run(found: Interrupts) -> None:
        with found.held():
            assert found.wait(Interrupted(signal.SIGINT)) is None
            found.wait(Interrupted(signal.SIGINT))
            pytest.fail("it was waited for")

    with Interrupts() as found, pytest.raises(KeyboardInterrupt):
        run(found)
    assert found.hurried


def test_while_the_run_is_ended_only_a_second_one_is_heard() -> None:
    with Interrupts() as found:
        with pytest.raises(KeyboardInterrupt):
            found.wait(Interrupted(signal.SIGINT))
        found.ending()
        waited(found)
        with pytest.raises(KeyboardInterrupt):
            found.wait(Interrupted(signal.SIGINT))


def test_after_the_end_nothing_is_interrupted() -> None:
    with Interrupts() as found:
        found.over()
        signal.raise_signal(signal.SIGINT)
        waited(found)


def test_a_signal_that_comes_while_the_screen_is_drawn_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were something drawn by the handler, the main thread would wait for the lock that it has itself."""
    drawn: list[int] = []

    def interrupted(*_: object, **__: object) -> None:
        drawn.append(1)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("tasks.view.live.put", interrupted)
    with Interrupts() as found, Live(Terminal(), {"TERM": "xterm"}) as view:
        waited(found)
        for event in events(BUILD):
            view.event("web1", event)
    assert (len(drawn) > len(BUILD), found.hurried) == (True, True)


def test_a_pause_ends_when_the_workers_are_stopped() -> None:
    clock = Clock()
    threading.Timer(0.05, clock.stop).start()
    with pytest.raises(Stopped):
        clock.pause(3600)


def test_patience_ends_and_can_be_renewed() -> None:
    clock = FakeClock()
    patience = Patience(clock, 20)
    while patience.left:
        patience.pause()
    assert clock.pauses == [0.5, 1.5, 3.0, 5.0, 5.0, 5.0]
    patience.renew()
    assert patience.left == 20
    patience.pause()
    assert clock.pauses[-1] == 0.5


def test_a_defect_that_comes_with_a_ctrl_c_is_no_reason_to_keep_the_job(fab: Fab, host: StandIn) -> None:
    """The worker that fails is one that was left to itself."""

    def broken() -> Any:
        host.press()
        assert host.over.wait(30)
        raise RuntimeError("release unlocked lock")

    answer: Callable[[], Any] = broken
    host.answers["build"] = [answer]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, host.sent[-2:], host.live) == (130, ["cancel", "state"], OLD)
    assert "defect" not in ran.err
