"""What commands print is passed on line by line, masked, whatever it is made of and however it arrives."""

import os
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.host import output
from tasks.host.log import Log
from tasks.host.mask import Mask
from tasks.host.output import CappedLog, Output
from tasks.host.report import Report

SECRET = b"s3cr3t-of-the-site"
BYTES = st.binary(max_size=8).map(lambda data: data.replace(b"\\", b""))  # a backslash before a letter is masked with it
PIECES = st.lists(st.one_of(st.just(SECRET), st.just(b"\n"), st.just(b"\r"), BYTES), max_size=20)


class Lane:
    """The output of one lane, with its log and events."""

    def __init__(self, secret: bytes = b"") -> None:
        self.events: list[tuple[str, ...]] = []
        self.log = Log()
        self.capped = CappedLog(self.log)
        self.output = Output("web", Report(self.events.append), self.capped, Mask([secret.decode()]))

    def logged(self) -> bytes:
        """The log, whole."""
        with open(self.log.descriptor, "rb", closefd=False) as file:
            file.seek(0)
            return file.read()


@settings(max_examples=50, deadline=None)
@given(data=PIECES.map(b"".join), cuts=st.lists(st.integers(0, 200), max_size=5))
@example(data=b"a" + SECRET + b"b\n", cuts=[5])
@example(data=b"\x1b" + SECRET + b"\n\x1b[3" + SECRET + b"\xc2\x9b" + SECRET, cuts=[5])
def test_every_line_is_logged_once_with_its_label_and_without_a_value(data: bytes, cuts: list[int]) -> None:
    lane = Lane(SECRET)
    at = 0
    for cut in sorted({*cuts, len(data)}):
        if data[at:cut]:
            lane.output.take(data[at:cut])
        at = max(at, cut)
    lane.output.flush()
    masked = data.replace(SECRET, b"****")
    lines = masked.split(b"\n")[: -1 if masked.endswith(b"\n") or not masked else None]
    assert lane.logged() == b"".join(b"web | " + line + b"\n" for line in lines)
    assert SECRET not in lane.logged()


def test_a_line_without_an_end_is_passed_on_in_pieces_and_its_start_is_forgotten() -> None:
    lane = Lane(SECRET)
    for _ in range(64):
        lane.output.take(b"x" * 65536)
        assert len(lane.output._partial) <= 2 * output.PIECE
    lane.output.flush()
    assert lane.logged().count(b"x") == 64 * 65536


def test_the_last_lines_of_what_failed_are_reported_as_a_person_can_read_them() -> None:
    lane = Lane()
    lane.output.begin("make")
    lane.output.take(b"".join(b"%d\n\n" % number for number in range(100)) + b"\x1b[31mred\x1b[0m\r\nlast\xff " + b"z" * 900)
    lane.output.flush()
    lane.output.explain()
    tail = [words[1] for kind, *words in lane.events if kind == "tail"]
    assert tail[:-2] == [str(number) for number in range(42, 100)]
    assert tail[-2:] == ["red", "z" * 300]


def test_a_log_that_is_full_keeps_how_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LOGGED", 200)
    lane = Lane()
    lane.output.begin("make")
    for number in range(1000):
        lane.output.take(b"line %d\n" % number)
    lane.output.explain()
    lines = lane.logged().decode().splitlines()
    assert [line for line in lines if "log is full" in line] == [f"web | {output.FULL.decode()}"]
    assert lines[-60:] == [f"web | line {number}" for number in range(940, 1000)]
    assert len(lines) < 100


def test_newest_lines_are_reported_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane()
    clock = iter(number * 0.04 for number in range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: 1.0 + next(clock))
    for number in range(100):
        lane.output.take(b"line %d\n" % number)
    assert 30 <= len(lane.events) <= 40


def tail(lane: Lane) -> list[str]:
    """What is reported of a command that failed."""
    lane.output.flush()
    lane.output.explain()
    return [words[1] for kind, *words in lane.events if kind == "tail"]


def test_the_first_error_is_reported_before_the_last_lines() -> None:
    lane = Lane()
    lane.output.begin("make")
    lane.output.take(b"begin\nsrc/app.ts: TypeError: x is undefined\n")
    lane.output.take(b"".join(b"npm noise %d, error Command failed\n" % number for number in range(500)))
    assert tail(lane)[:2] == ["src/app.ts: TypeError: x is undefined", "..."]
    assert len(tail(lane)) > output.LAST


def test_a_command_that_failed_in_silence_is_explained_by_the_one_before_it() -> None:
    lane = Lane()
    lane.output.begin("lint")
    lane.output.take(b"3 problems\n")
    lane.output.flush()
    for command in ("true", "test ! -s problems"):
        lane.output.begin(command)
    assert tail(lane) == ["3 problems"]


def test_a_value_that_is_wrapped_is_masked_where_a_read_ends_between_its_lines() -> None:
    lane = Lane(SECRET)
    for piece in (b"[ERROR] the key s3cr3t-of", b"-\n", b"        the-site is wrong\n"):
        lane.output.take(piece)
    lane.output.flush()
    assert b"the key ****" in lane.logged()
    assert b"site is" not in lane.logged()


def test_what_is_cut_at_its_front_begins_with_no_end_of_a_value_that_was_wrapped() -> None:
    log = Log()
    os.write(log.descriptor, b"s3cr3t-of\n  -the-site\n" + b"line\n" * 1000)
    assert log.printed(5000 + 15) == b"line\n" * log.printed(5000 + 15).count(b"line\n")
    assert log.printed(1 << 20).startswith(b"s3cr3t-of\n")


@pytest.mark.parametrize(
    "between", ["\x01", "\0", "\r", "\v", "\x1b[K", "\x1b[?25l", "\x1b]0;title\x07", "\x1b(B", "\x9b1m", "\xad"]
)
def test_no_value_is_put_together_on_a_screen(between: str) -> None:
    lane = Lane(SECRET)
    lane.output.take(f"KEY=s3cr3t-of{between}-the-site\n".encode())
    assert tail(lane) == ["KEY=****"]
