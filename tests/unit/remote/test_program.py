"""A program is followed to its end, and its outcome is ok, failed or unknown: never guessed, never an exception."""

from itertools import pairwise
from typing import Any

import paramiko
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.errors import Unreachable
from tasks.remote import program
from tasks.remote.program import Outcome
from tasks.shell.events import Event
from tests.unit.remote.channel import NONCE, Channel, connection, said


def followed(channel: Channel | Exception) -> tuple[Outcome, list[Event]]:
    events: list[Event] = []
    return program.run(connection(channel), "bash -c true", NONCE, events.append), events


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "EXIT_TIMEOUT", 0.0)


BEGAN, ENDED = said("began"), said("ended")


@pytest.mark.parametrize(
    ("events", "code", "status"),
    [
        ([BEGAN, ENDED], 0, "ok"),
        ([BEGAN, ENDED], 1, "failed"),
        ([BEGAN, ENDED], None, "unknown"),
        ([BEGAN], 0, "unknown"),
        ([BEGAN], 3, "failed"),
        ([BEGAN], None, "unknown"),
        ([b"hello\n"], 0, "failed"),
        ([], 0, "failed"),
        ([], 255, "failed"),
        ([], None, "unknown"),
    ],
)
def test_an_outcome_is_ok_by_the_programs_own_last_event_alone(events: list[bytes], code: int | None, status: str) -> None:
    outcome, _ = followed(Channel(events, code=code))
    assert (outcome.code, outcome.status) == (code, status)


@pytest.mark.parametrize("code", [0, 1, 127])
def test_a_login_that_ends_without_an_event_is_named_with_its_start_up_files(code: int) -> None:
    outcome, _ = followed(Channel([b"closed for maintenance\n"], code=code))
    assert outcome.never_began
    assert outcome.failure == f"the login of ftsuser ended with {code}, and did not run what was sent to it"
    assert (".bashrc" in outcome.next, outcome.noise) == (True, ["closed for maintenance"])


def test_a_login_that_ends_while_a_job_is_followed_says_nothing_of_the_job() -> None:
    outcome = Outcome(began=True, seen=3)
    program.run(connection(Channel(code=0)), "x", NONCE, lambda _: None, outcome)
    assert (outcome.never_began, outcome.seen) == (True, 3)


def test_the_first_event_is_none_of_those_that_a_follower_passes_over() -> None:
    assert followed(Channel([BEGAN, said("note", "x"), b"noise\n"]))[0].seen == 1


def test_a_status_of_minus_one_is_a_cut_link() -> None:
    assert followed(Channel(code=-1))[0].status == "unknown"


@pytest.mark.parametrize("error", [paramiko.SSHException("dead"), EOFError(), OSError()])
def test_a_channel_that_cannot_be_opened_is_unknown(error: Exception) -> None:
    assert followed(error)[0].status == "unknown"


def test_a_host_that_refuses_another_session_is_no_lost_link() -> None:
    with pytest.raises(Unreachable, match="web1 refuses another session") as caught:
        followed(paramiko.ChannelException(4, "no"))
    assert caught.value.code == 7


def test_a_follower_that_was_killed_says_nothing_of_its_job() -> None:
    assert followed(Channel(code=75))[0].status == "unknown"


def test_what_was_told_before_the_link_was_cut_is_kept() -> None:
    outcome, _ = followed(Channel([said("fact", "release", "r1"), said("swapped", "r1", "r0")], code=None))
    assert (outcome.facts, outcome.swapped, outcome.status) == ({"release": "r1"}, True, "unknown")


def test_the_command_is_sent_once_and_the_channel_closed() -> None:
    channel = Channel()
    followed(channel)
    assert (channel.command, channel.closed) == ("bash -c true", True)


def test_stdin_is_held_open_until_the_end() -> None:
    channel = Channel([said("note", "hello")])
    followed(channel)
    assert not channel.shut.is_set()


def test_the_channel_is_closed_when_the_listener_is_interrupted() -> None:
    channel = Channel([said("note", "hello")])

    def interrupt(_: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        program.run(connection(channel), "x", NONCE, interrupt)
    assert channel.closed


@given(st.lists(st.integers(0, 200), max_size=6))
def test_events_are_the_same_however_reads_are_split(places: list[int]) -> None:
    data = (
        said("step", "start", "fetch") + "café\n".encode() + said("fact", "commit", "abc") + said("step", "done", "fetch", "12")
    )
    edges = [0, *sorted({place % len(data) for place in places} - {0}), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges)]
    assert followed(Channel(pieces))[1] == [
        Event("step", ("start", "fetch")),
        Event("noise", ("café",)),
        Event("fact", ("commit", "abc")),
        Event("step", ("done", "fetch", "12")),
    ]


def test_a_silence_is_no_end() -> None:
    channel = Channel([said("note", "one"), TimeoutError(), TimeoutError(), said("note", "two")])
    assert [event.word(0) for event in followed(channel)[1]] == ["one", "two"]


def test_stderr_is_noise_even_with_the_nonce() -> None:
    outcome, _ = followed(Channel(err=said("fact", "live", "forged") + b"bash: locale\n", code=0))
    assert outcome.facts == {}
    assert outcome.noise == [said("fact", "live", "forged").decode().rstrip("\n"), "bash: locale"]


def test_a_last_line_without_its_end_is_heard() -> None:
    assert [event.kind for event in followed(Channel([said("note", "x") + b"half"], err=b"err"))[1]] == [
        "note",
        "noise",
        "noise",
    ]


def test_the_first_failure_is_the_one_that_is_told() -> None:
    outcome, _ = followed(Channel([said("fail", "first", "do this"), said("fail", "second", "")], code=3))
    assert (outcome.failure, outcome.next) == ("first", "do this")


def test_a_program_that_fails_without_a_word_is_told_by_its_noise() -> None:
    assert followed(Channel([BEGAN], err=b"bash: line 1: syntax error\n", code=2))[0].failure == (
        "the program ended with 2: bash: line 1: syntax error"
    )
    assert followed(Channel([BEGAN], code=137))[0].failure == "the program ended with 137"


def test_noise_without_end_is_not_collected_without_end() -> None:
    outcome, _ = followed(Channel([b"x\n" * 1000, b"last\n"]))
    assert len(outcome.noise) == 20
    assert outcome.noise[-1] == "last"


@pytest.mark.parametrize(
    ("event", "attribute", "value"),
    [
        (("tail", "web", "npm ERR!"), "tail", ["web | npm ERR!"]),
        (("text", "a line"), "texts", ["a line"]),
        (("check", "FAIL", "no disk", "buy one"), "events", [Event("check", ("FAIL", "no disk", "buy one"))]),
        (("pending",), "events", [Event("pending", ())]),
        (("fact", "a", "1"), "facts", {"a": "1"}),
    ],
)
def test_an_outcome_remembers_what_was_told(event: tuple[str, ...], attribute: str, value: Any) -> None:
    assert getattr(followed(Channel([said(*event)]))[0], attribute) == value


def test_the_exit_status_is_waited_for_after_the_output_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "EXIT_TIMEOUT", 10.0)
    channel = Channel(code=None)
    monkeypatch.setattr(channel.status_event, "wait", lambda _: setattr(channel, "code", 3))
    assert followed(channel)[0].code == 3


def test_a_link_that_is_gone_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "EXIT_TIMEOUT", 10.0)
    channel = Channel([said("note", "x")], code=None)
    monkeypatch.setattr(channel.status_event, "wait", lambda _: pytest.fail("waited on a closed channel"))

    def cut(_: Event) -> None:
        channel.closed = True

    assert program.run(connection(channel), "x", NONCE, cut).status == "unknown"
