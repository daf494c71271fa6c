"""The lock lives as long as this workstation is heard, and who is locked out is told why."""

import threading
from typing import Any

import paramiko
import pytest

from tasks.remote import lock as lock_module
from tasks.remote import program
from tasks.remote.lock import Lock
from tests.unit.remote.channel import NONCE, Channel, connection, said

TAKEN = [said("fact", "state", "{}"), said("locked")]


def lock(channel: Channel | Exception) -> Lock:
    return Lock(connection(channel), "bash -c lock", NONCE, lambda _: None)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "EXIT_TIMEOUT", 0.0)


def test_a_lock_that_is_taken_tells_the_host_as_it_is_under_it() -> None:
    with lock(Channel(TAKEN)) as taken:
        assert taken.held
        assert taken.outcome.facts == {"state": "{}"}


def test_a_lock_is_held_open_until_it_is_left_and_let_go_then() -> None:
    channel = Channel(TAKEN)
    with lock(channel):
        assert (channel.shut.is_set(), channel.closed) == (False, False)
    assert (channel.shut.is_set(), channel.closed) == (True, True)


def test_a_lock_is_let_go_when_the_run_fails() -> None:
    channel = Channel(TAKEN)
    with pytest.raises(RuntimeError), lock(channel):
        raise RuntimeError
    assert (channel.shut.is_set(), channel.closed) == (True, True)


def test_a_refusal_is_not_held_and_says_who() -> None:
    channel = Channel([said("fail", "ada@desk holds the lock", "wait")], code=6)
    with lock(channel) as refused:
        assert not refused.held
    assert (refused.outcome.code, refused.outcome.failure) == (6, "ada@desk holds the lock")
    assert channel.closed


def test_a_program_that_ends_before_it_says_locked_does_not_hold_the_lock() -> None:
    with lock(Channel([said("fact", "state", "{}")], code=0)) as ended:
        assert not ended.held


@pytest.mark.parametrize("channel", [paramiko.SSHException("dead"), OSError(), EOFError(), Channel(code=None)])
def test_a_link_that_is_cut_on_the_way_to_the_lock_is_unknown(channel: Channel | Exception) -> None:
    with lock(channel) as cut:
        assert (cut.held, cut.outcome.status) == (False, "unknown")


def test_the_heart_beats_while_the_lock_is_held_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "HEARTBEAT", 0.001)
    channel, beaten = Channel(TAKEN), threading.Event()
    monkeypatch.setattr(channel, "sendall", lambda _: beaten.set())
    before = set(threading.enumerate())
    with lock(channel):
        assert beaten.wait(10)
        (heart,) = set(threading.enumerate()) - before
    heart.join(10)
    assert not heart.is_alive()


def test_a_refused_lock_has_no_heart() -> None:
    before = threading.active_count()
    with lock(Channel(code=6)):
        assert threading.active_count() == before


def test_a_heart_that_finds_the_link_cut_stops_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock_module, "HEARTBEAT", 0.001)
    channel, tried = Channel(TAKEN), threading.Event()

    def cut(_: bytes) -> Any:
        tried.set()
        raise OSError("Socket is closed")

    monkeypatch.setattr(channel, "sendall", cut)
    with lock(channel):
        assert tried.wait(10)


def test_leaving_over_a_cut_link_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = Channel(TAKEN)

    def cut() -> None:
        raise OSError("Socket is closed")

    monkeypatch.setattr(channel, "shutdown_write", cut)
    with lock(channel):
        pass
    assert channel.closed
