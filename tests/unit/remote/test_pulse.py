"""A link whose other end has gone silent is closed, whatever lies between; one that answers stays open."""

import threading

import pytest

from tasks.remote.pulse import Pulse


class Link:
    """A transport that answers at once until it is cut at a time, on a clock that only waiting moves; real threads ask."""

    def __init__(self, cut_at: float) -> None:
        self.now, self.cut_at, self.closed_at = 0.0, cut_at, 0.0
        self.asked = self.heard = 0
        self._closed = threading.Event()

    @property
    def cut(self) -> bool:
        return self.now >= self.cut_at

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """As Event.wait: an answer comes in no time, and what does not come takes all of the seconds."""
        asked = self.asked
        if event is not self.over and not self.cut:
            assert event.wait(30), f"question {asked} has no answer"
        if not event.is_set():
            self.now += seconds
        return event.is_set()

    def is_active(self) -> bool:
        return not self._closed.is_set()

    def global_request(self, kind: str, wait: bool) -> None:
        assert (kind, wait) == ("keepalive@openssh.com", True)
        self.asked += 1
        if self.cut:
            self._closed.wait(30)

    def close(self) -> None:
        self.closed_at = self.now
        self._closed.set()

    def watch(self) -> Pulse:
        pulse = Pulse(self, self.wait)  # type: ignore[arg-type]
        self.over = pulse._over
        return pulse


@pytest.mark.parametrize("cut_at", [0.0, 0.001, 4.999, 5.0, 5.001, 7.5, 60.0, 3600.001])
def test_a_cut_link_is_noticed_within_20_seconds(cut_at: float) -> None:
    link = Link(cut_at)
    link.watch().run()
    assert 0 < link.closed_at - cut_at < 20


def test_a_link_that_answers_stays_open() -> None:
    link = Link(cut_at=float("inf"))
    pulse = link.watch()
    pulse.start()
    while link.asked < 20:
        assert link.is_active()
    pulse.stop()
    pulse.join(30)
    assert link.closed_at == 0


def test_an_answer_that_came_while_this_process_was_stopped_is_read_before_the_link_is_given_up() -> None:
    """The clock goes on while a workstation sleeps: the wait is over, and the answer is there a moment later."""
    link = Link(cut_at=100.0)
    slept: list[float] = []

    def wait(event: threading.Event, seconds: float) -> bool:
        if event is not link.over and not slept:
            slept.append(seconds)
            return False
        return link.wait(event, seconds)

    pulse = link.watch()
    pulse._wait = wait
    pulse.run()
    assert slept
    assert link.closed_at >= 100


def test_a_link_that_is_closed_by_others_is_not_asked_any_more() -> None:
    link = Link(cut_at=float("inf"))
    pulse = link.watch()
    link.close()
    pulse.run()
    assert link.asked == 0


def test_an_answer_behind_much_that_came_meanwhile_is_waited_for_while_that_is_read() -> None:
    link, late = Link(cut_at=100.0), 12
    waits: list[float] = []

    def wait(event: threading.Event, seconds: float) -> bool:
        if event is not link.over and len(waits) < late:
            waits.append(seconds)
            link.heard += 1000
            return False
        return link.wait(event, seconds)

    pulse = link.watch()
    pulse._wait = wait
    pulse.run()
    assert len(waits) == late
    assert link.closed_at >= 100
