"""A link whose other end has gone silent is closed, whatever lies between; one that answers stays open."""

import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tasks.remote import ticker
from tasks.remote.heartbeat import Heartbeat
from tasks.remote.pulse import WAITS, Pulse

FOREVER = float("inf")


class Link:
    """A transport that answers until it is cut at a time, on a clock that only looking moves."""

    def __init__(self, cut_at: float = FOREVER) -> None:
        self.now, self.cut_at, self.closed_at = 0.0, cut_at, 0.0
        self.asked = self.heard = 0

    def is_active(self) -> bool:
        return not self.closed_at

    def ask(self) -> None:
        self.asked += 1
        if self.now < self.cut_at:
            self.heard += 1

    def close(self) -> None:
        self.closed_at = self.now

    def watched(self, seconds: float, before: Callable[[], None] = lambda: None) -> None:
        """Let so many seconds pass, or until it is closed."""
        pulse = Pulse(self)  # type: ignore[arg-type]
        after: float | None = WAITS[0]
        while after is not None and self.now < seconds:
            self.now += after
            before()
            after = pulse.look()


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.remote.pulse.Sender", lambda send: send)


@pytest.mark.parametrize("cut_at", [0.0, 0.001, 4.999, 5.0, 5.001, 7.5, 60.0, 3600.001])
def test_a_cut_link_is_noticed_within_20_seconds(cut_at: float) -> None:
    link = Link(cut_at)
    link.watched(FOREVER)
    assert 0 < link.closed_at - cut_at < 20


def test_a_link_that_answers_stays_open_and_is_asked_every_5_seconds() -> None:
    link = Link()
    link.watched(3600.0)
    assert (link.closed_at, link.asked) == (0, 720)


def test_an_answer_that_came_while_this_process_was_stopped_is_read_before_the_link_is_given_up() -> None:
    """The clock goes on while a workstation sleeps: at the first look afterwards nothing is read yet."""
    link = Link()
    slept: list[float] = []

    def sleeps() -> None:
        if link.asked == 3 and not slept:
            slept.append(link.heard)
            link.now += 8 * 3600.0
            link.heard -= 1  # not read yet
        elif slept:
            link.heard = max(link.heard, int(slept[0]))

    link.watched(9 * 3600.0, sleeps)
    assert (bool(slept), link.closed_at) == (True, 0)


def test_an_answer_behind_much_that_came_meanwhile_is_waited_for_while_that_is_read() -> None:
    link = Link(cut_at=0.0)

    def reads() -> None:
        link.heard += 1000 if link.now < 3600.0 else 0

    link.watched(FOREVER, reads)
    assert 3600.0 <= link.closed_at < 3620.0


def test_a_link_that_is_closed_by_others_is_not_asked_any_more() -> None:
    link = Link()
    link.close()
    link.closed_at = 1.0
    link.watched(60.0)
    assert link.asked == 0


def test_a_pulse_that_was_stopped_asks_no_more() -> None:
    link = Link()
    pulse = Pulse(link)  # type: ignore[arg-type]
    pulse.stop()
    assert pulse.look() is None
    assert link.asked == 0


def test_what_waits_for_a_full_link_holds_up_nobody_and_is_not_sent_twice() -> None:
    go_on, begun, sent = threading.Event(), threading.Event(), list[int]()

    def send() -> None:
        begun.set()
        assert go_on.wait(60)
        sent.append(1)

    sender = ticker.Sender(send)
    sender()
    assert begun.wait(60)
    sender()
    go_on.set()
    assert sender._thread is not None
    sender._thread.join(60)
    assert sent == [1]


def test_one_thread_keeps_time_for_all() -> None:
    before, looked = threading.active_count(), list[str]()
    made, done = ticker.Ticker(), threading.Event()

    def look(name: str) -> Callable[[], float | None]:
        def again() -> float | None:
            looked.append(name)
            if len(looked) >= 30:
                done.set()
            return 0.01 if looked.count(name) < 10 else None

        return again

    for name in "abc":
        made.begin(look(name), 0.01)
    assert done.wait(60)
    assert sorted(looked) == sorted("abc" * 10)
    assert threading.active_count() <= before + 1


def test_who_comes_first_is_looked_at_first() -> None:
    made, looked, done = ticker.Ticker(), list[str](), threading.Event()

    def late() -> None:
        looked.append("late")
        done.set()

    made.begin(late, 0.2)
    made.begin(lambda: looked.append("early"), 0.0)
    assert done.wait(60)
    assert looked == ["early", "late"]


def test_one_link_for_which_no_thread_can_be_started_stops_no_other_clock() -> None:
    made, looked, done = ticker.Ticker(), list[str](), threading.Event()

    def fails() -> None:
        looked.append("fails")
        raise RuntimeError("can't start new thread")

    def goes_on() -> float | None:
        looked.append("goes on")
        if looked.count("goes on") < 5:
            return 0.01
        done.set()
        return None

    made.begin(fails, 0.0)
    made.begin(goes_on, 0.01)
    assert done.wait(60)
    assert looked.count("fails") == 1


def test_a_heartbeat_never_comes_within_a_request() -> None:
    sent, sending = list[bytes](), threading.Lock()
    channel = SimpleNamespace(closed=False, sendall=sent.append)
    heartbeat = Heartbeat(channel, sending)  # type: ignore[arg-type]
    with sending:
        heartbeat.look()
        assert sent == []
    assert heartbeat._say._thread is not None
    heartbeat._say._thread.join(60)
    assert sent == [b"\n"]
