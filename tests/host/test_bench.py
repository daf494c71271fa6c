"""The rig of `make bench` leaves nothing behind, whoever ends it and however."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.config.inventory import PROJECT
from tests.support.fab import PATIENCE, until
from tests.support.processes import tree

SHORT = ("--rounds", "1", "--distances", "0", "--only", "status", "--peers", "floor")


@pytest.fixture
def bench(machine: None) -> Iterator[subprocess.Popen[str]]:  # noqa: ARG001
    """A benchmark whose rig is up."""
    words = [sys.executable, "-m", "tests.bench", *SHORT]
    with subprocess.Popen(words, cwd=PROJECT, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == "floor: set up\n"
        yield running


@pytest.mark.parametrize(
    ("end", "codes"),
    [
        (lambda running: os.killpg(running.pid, signal.SIGINT), [130]),
        (lambda running: running.kill(), [-signal.SIGKILL]),
    ],
    ids=["Ctrl-C", "killed"],
)
def test_nothing_of_the_rig_is_left(
    bench: subprocess.Popen[str], end: Callable[[subprocess.Popen[str]], None], codes: list[int]
) -> None:
    processes = [Path(f"/proc/{pid}") for pid in tree(bench.pid)]
    assert len(processes) > 4, "the benchmark, its link, the host's process 1, sshd"
    end(bench)
    assert bench.wait(PATIENCE) in codes
    until(lambda: not any(process.exists() for process in processes))
