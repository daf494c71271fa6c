"""The tests' own short cut: a `fab` that is forked starts with what a start of its own would give it, and ends as one does."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tasks.config.inventory import PROJECT
from tests.support.fab import PATIENCE, Process, until
from tests.support.forked import Forked

Streams = Sequence[int | None]
Start = Callable[[Sequence[str], dict[str, str], Streams], Process]
FABFILE = ("-r", str(PROJECT / "tests" / "support"), "-c", "report_start")
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "NOT_UTF_8": "\udcff", "EMPTY": ""}


def real(words: Sequence[str], environment: dict[str, str], streams: Streams) -> subprocess.Popen[str]:
    """`fab`, by a start of its own."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        for number, descriptor in enumerate(streams):
            if descriptor is None:
                os.close(number)

    stdin, stdout, stderr = streams
    fab = [sys.executable, "-m", "fabric", *words]
    return subprocess.Popen(
        fab, cwd=PROJECT, env=environment, stdin=stdin, stdout=stdout, stderr=stderr, text=True, preexec_fn=prepare
    )


@pytest.fixture(params=[real, Forked], ids=["real", "forked"])
def start(request: pytest.FixtureRequest) -> Start:
    """Both ways to start it: what a test expects of one is what the other does."""
    chosen: Start = request.param
    return chosen


@pytest.fixture
def nothing() -> Iterator[int]:
    with Path(os.devnull).open("r+b", buffering=0) as file:
        yield file.fileno()


def started(start: Start, file: Path, *streams: int | None) -> dict[str, Any]:
    """What `fab` finds when it starts."""
    running = start([*FABFILE, "report", "--file", str(file)], ENVIRONMENT, streams)
    assert running.wait(PATIENCE) == 0
    return dict(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("closed", [(), (0,), (1, 2), (0, 1, 2)], ids=str)
def test_it_starts_with_the_same(tmp_path: Path, nothing: int, closed: tuple[int, ...]) -> None:
    streams = [None if number in closed else nothing for number in range(3)]
    report = tmp_path / "report"
    assert started(Forked, report, *streams) == started(real, report, *streams)


def test_it_starts_with_the_same_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    report = tmp_path / "report"
    assert started(Forked, report, theirs, theirs, theirs) == started(real, report, theirs, theirs, theirs)
    os.close(theirs)
    os.close(ours)


def test_it_starts_with_the_same_while_others_run(tmp_path: Path, nothing: int) -> None:
    alone = started(Forked, tmp_path / "alone", nothing, nothing, nothing)
    others = [
        Forked([*FABFILE, "wait", "--file", str(tmp_path / f"{number}")], ENVIRONMENT, [nothing] * 3) for number in range(3)
    ]
    beside = started(Forked, tmp_path / "alone", nothing, nothing, nothing)
    assert [other.poll() for other in others] == [None] * 3
    for other in others:
        other.kill()
        assert other.wait(PATIENCE) == -signal.SIGKILL
    assert beside == alone


def test_it_has_the_umask_of_whoever_starts_it(tmp_path: Path, nothing: int) -> None:
    before = os.umask(0o027)
    try:
        running = Forked([*FABFILE, "report", "--file", str(tmp_path / "report")], ENVIRONMENT, [nothing] * 3)
    finally:
        os.umask(before)
    running.wait(PATIENCE)
    assert (tmp_path / "report").stat().st_mode & 0o777 == 0o640


def test_it_ends_with_the_code_and_the_last_words(start: Start) -> None:
    out, its_out = os.pipe()
    err, its_err = os.pipe()
    running = start([*FABFILE, "end", "--code", "3"], ENVIRONMENT, [None, its_out, its_err])
    os.close(its_out)
    os.close(its_err)
    with os.fdopen(out) as said, os.fdopen(err) as why:
        assert (said.read(), why.read()) == ("the last words", "and why")
    assert running.wait(PATIENCE) == running.poll() == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=str)
def test_a_signal_ends_it_as_it_ends_any(tmp_path: Path, nothing: int, start: Start, number: signal.Signals) -> None:
    running = start([*FABFILE, "wait", "--file", str(tmp_path / "waits")], ENVIRONMENT, [nothing] * 3)
    until((tmp_path / "waits").exists, running)
    running.send_signal(number)
    assert running.wait(PATIENCE) == (-number if number == signal.SIGKILL else 130)


def test_a_stopped_one_goes_on(tmp_path: Path, nothing: int, start: Start) -> None:
    running = start([*FABFILE, "wait", "--file", str(tmp_path / "waits")], ENVIRONMENT, [nothing] * 3)
    until((tmp_path / "waits").exists, running)
    running.send_signal(signal.SIGSTOP)
    until(lambda: Path(f"/proc/{running.pid}/stat").read_text().rsplit(")")[1].split()[0] == "T")
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    running.send_signal(signal.SIGCONT)
    assert running.wait(PATIENCE) == 130
