"""A step has its time, and one that has ended in it has nothing more to fear."""

import signal
import threading
import time
from collections.abc import Iterator

import pytest

from tasks.host import hold, steps
from tests.functions.made import Made
from tests.support.host import LocalHost

SOON = 0.05


@pytest.fixture(autouse=True)
def _time_up_is_raised() -> Iterator[None]:
    before = signal.signal(signal.SIGUSR1, steps.raise_time_up)
    yield
    signal.signal(signal.SIGUSR1, before)


def sleep(_: Made) -> None:
    time.sleep(60)


def stand_still(*_: object) -> None:
    """As in the kernel, where no signal ends it."""
    while True:
        try:
            time.sleep(60)
        except steps.TimeUp:
            continue


def test_a_program_whose_step_was_ended_in_time_is_not_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "SLACK", 60)
    abandoned = list[int]()
    run = Made()
    run.abandon = abandoned.append
    assert steps.perform(run, [("sleep", f"{__name__}:sleep", (), SOON)]) == 3
    assert [event[1] for event in run.events if event[0] == "fail"] == [f"sleep was ended after {SOON} seconds (step_timeout)"]
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.join(20)
            assert not thread.is_alive(), "whoever keeps the time still waits for the step"
    assert not abandoned


@pytest.mark.parametrize("hangs", [sleep, stand_still])
def test_a_lock_that_cannot_be_taken_in_its_time_is_free_again(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch, hangs: object
) -> None:
    monkeypatch.setattr(steps, "SLACK", SOON)
    monkeypatch.setattr(hold, "refuse", hangs)
    host.use(step_timeout=1)
    with host.lock() as locked:
        assert locked.refused
        assert (locked.refused.code, locked.refused.failure) == (3, "lock was ended after 1 seconds (step_timeout)")
    monkeypatch.undo()
    with host.lock() as locked:
        assert not locked.refused
