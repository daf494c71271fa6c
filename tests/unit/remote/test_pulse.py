"""A link whose other end has gone silent is closed, whatever lies between; one that answers stays open."""

import threading

import pytest

from tasks.remote.pulse import AWAKE, EVERY, SILENCE, Pulse


class Transport:
    """Answers so many questions."""

    def __init__(self, answers: int) -> None:
        self.answers, self.asked = answers, 0
        self.closed, self.enough = threading.Event(), threading.Event()

    def is_active(self) -> bool:
        return not self.closed.is_set()

    def global_request(self, kind: str, wait: bool) -> None:
        assert (kind, wait) == ("keepalive@openssh.com", True)
        self.asked += 1
        if self.asked > self.answers:
            self.enough.set()
            self.closed.wait(30)

    def close(self) -> None:
        self.closed.set()


def pulse(transport: Transport) -> Pulse:
    """One that does not take its time."""
    return Pulse(transport, every=0.01, silence=0.2)  # type: ignore[arg-type]


@pytest.mark.parametrize("answers", [0, 1, 5])
def test_a_link_is_closed_at_the_first_question_without_an_answer(answers: int) -> None:
    transport = Transport(answers)
    beats = pulse(transport)
    beats.start()
    beats.join(30)
    assert (transport.closed.is_set(), transport.asked) == (True, answers + 1)


def test_a_link_that_answers_stays_open() -> None:
    transport = Transport(20)
    beats = pulse(transport)
    beats.start()
    while transport.asked < 20:
        assert not transport.closed.wait(0.001)
    beats.stop()
    transport.close()
    beats.join(30)


def test_a_cut_link_is_noticed_within_20_seconds() -> None:
    assert EVERY + SILENCE + AWAKE < 20
