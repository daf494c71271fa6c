"""A stream of fab's that is closed, full, or that nobody reads: a release goes on, and an answer that is lost is an error."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.config.inventory import PROJECT
from tests.support.fab import PATIENCE, Ran, Site, finish
from tests.support.forked import forked

CLOSED = ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"]
ANSWERS = [
    "status",
    "status --json",
    "releases",
    "history",
    "history --json",
    "logs",
    "check",
    "check --sudoers",
    "plan --ref master",
    "plan --steps",
]


def typed(site: Site, words: str, redirected: str) -> Ran:
    """`fab -H sandbox WORDS REDIRECTED`, in a shell."""
    line = f"{shlex.join([sys.executable, '-m', 'fabric'])} -H sandbox {words} {redirected}"
    shell = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(
        shell, cwd=PROJECT, env=site.environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "Traceback" not in done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("redirected", [*CLOSED, ">/dev/full", "2>/dev/full", "2>&1 | head -c 1"])
def test_a_release_goes_on_without_its_screen(live: Site, redirected: str) -> None:
    before = live.names
    assert typed(live, "deploy --ref master", redirected).code == 0
    assert live.live == live.names[-1] != before[-1]


@pytest.mark.parametrize("words", ANSWERS)
def test_an_answer_that_a_full_disk_swallows_is_an_error(live: Site, words: str) -> None:
    with Path("/dev/full").open("wb") as full:
        ran = finish(forked(["-H", "sandbox", *words.split()], live.environment(), stdout=full.fileno()), 3)
    assert "error: the answer cannot be written: [Errno 28] No space left on device\nNothing was changed.\n" in ran.err


@pytest.mark.parametrize("words", ANSWERS)
def test_whoever_reads_no_further_has_enough(live: Site, words: str) -> None:
    with subprocess.Popen(["head", "-c", "1"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as head:
        assert head.stdin is not None
        running = forked(["-H", "sandbox", *words.split()], live.environment(), stdout=head.stdin.fileno())
        head.stdin.close()
        finish(running, 0)


@pytest.mark.parametrize("words", ANSWERS)
def test_a_closed_stream_is_a_wish_to_hear_nothing(live: Site, words: str) -> None:
    assert typed(live, words, ">&- 2>&-").code == 0
