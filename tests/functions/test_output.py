"""What commands print is passed on line by line, masked, whatever it is made of and however it arrives."""

import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.host import output
from tasks.host.log import Log
from tasks.host.mask import Mask
from tasks.host.output import CappedLog, Output
from tasks.host.report import Report

SECRET = b"s3cr3t-of-the-site"
PIECES = st.lists(st.one_of(st.just(SECRET), st.just(b"\n"), st.just(b"\r"), st.binary(max_size=8)), max_size=20)


class Lane:
    """The output of one lane, with its log and events."""

    def __init__(self, folder: Path, secret: bytes = b"") -> None:
        (folder / ".env.local").write_bytes(b"KEY=" + secret + b"\n")
        self.events: list[tuple[str, ...]] = []
        self.log = Log()
        self.capped = CappedLog(self.log)
        self.output = Output("web", Report(self.events.append), self.capped, Mask(str(folder), [".env.local"]))

    def logged(self) -> bytes:
        """The log, whole."""
        with open(self.log.descriptor, "rb", closefd=False) as file:
            file.seek(0)
            return file.read()


@settings(max_examples=50, deadline=None)
@given(data=PIECES.map(b"".join), cuts=st.lists(st.integers(0, 200), max_size=5))
@example(data=b"a" + SECRET + b"b\n", cuts=[5])
def test_every_line_is_logged_once_with_its_label_and_without_a_value(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, cuts: list[int]
) -> None:
    lane = Lane(tmp_path_factory.mktemp("lane"), SECRET)
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


def test_a_line_without_an_end_is_passed_on_in_pieces_and_its_start_is_forgotten(tmp_path: Path) -> None:
    lane = Lane(tmp_path, SECRET)
    for _ in range(64):
        lane.output.take(b"x" * 65536)
        assert len(lane.output._partial) <= 2 * output.PIECE
    lane.output.flush()
    assert lane.logged().count(b"x") == 64 * 65536


def test_the_last_lines_of_what_failed_are_reported_as_a_person_can_read_them(tmp_path: Path) -> None:
    lane = Lane(tmp_path)
    lane.output.begin("make")
    lane.output.take(b"".join(b"%d\n\n" % number for number in range(100)) + b"\x1b[31mred\x1b[0m\r\nlast\xff " + b"z" * 900)
    lane.output.flush()
    lane.output.explain()
    tail = [words[1] for kind, *words in lane.events if kind == "tail"]
    assert tail[:-2] == [str(number) for number in range(82, 100)]
    assert tail[-2:] == ["red", "z" * 300]


def test_a_log_that_is_full_keeps_how_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LOGGED", 200)
    lane = Lane(tmp_path)
    lane.output.begin("make")
    for number in range(1000):
        lane.output.take(b"line %d\n" % number)
    lane.output.explain()
    lines = lane.logged().decode().splitlines()
    assert [line for line in lines if "log is full" in line] == [f"web | {output.FULL.decode()}"]
    assert lines[-20:] == [f"web | line {number}" for number in range(980, 1000)]
    assert len(lines) < 60


def test_newest_lines_are_reported_only_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane(tmp_path)
    clock = iter(number * 0.04 for number in range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: 1.0 + next(clock))
    for number in range(100):
        lane.output.take(b"line %d\n" % number)
    assert 30 <= len(lane.events) <= 40
