"""What the commands of a build leave running ends with a build that fails, however it has left, and outlives a good one."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.test_jobs import Strike, alive, kill_group, kill_worker, mended, struck, wait
from tests.support.host import LocalHost

LEFT = "setsid -f sh -c 'echo $$ > {pid}; exec sleep 300' >/dev/null 2>&1"
HOW = {
    "in a session of its own": LEFT,
    "without its environment": f"env -i {LEFT}",
    "below another": "env -i setsid -f sh -c 'sh -c \"echo \\$\\$ >{pid}; exec sleep 300\"; true' >/dev/null 2>&1",
}


@pytest.fixture
def pid(host: LocalHost) -> Iterator[Path]:
    """Where a daemon writes its pid; it ends with the test."""
    yield (pid := host.folder / "pid")
    if alive(pid):
        os.kill(int(pid.read_text()), signal.SIGKILL)


@pytest.fixture(params=[*HOW.values()], ids=[*HOW])
def daemon(request: pytest.FixtureRequest, pid: Path) -> str:
    """A command that leaves one."""
    return f"{request.param}; until [ -s {{pid}} ]; do sleep 0.02; done".format(pid=pid)


def test_a_failed_build_ends_the_daemons_that_it_started(host: LocalHost, pid: Path, daemon: str) -> None:
    host.use(apps={"web": {"bootstrap": [daemon, "false"]}})
    assert host.build().code == 3
    wait(lambda: not alive(pid))


@pytest.mark.parametrize("strike", [kill_group, kill_worker])
def test_the_daemons_of_a_job_that_was_killed_end_with_it(host: LocalHost, pid: Path, daemon: str, strike: Strike) -> None:
    struck(host, f"{daemon}; sleep 300", pid, strike)
    wait(lambda: not alive(pid))
    mended(host)


def test_the_daemon_of_a_build_that_went_well_is_its_own_business(host: LocalHost, pid: Path, daemon: str) -> None:
    host.use(apps={"web": {"bootstrap": [daemon]}})
    assert host.build().code == 0
    host.use(apps={"web": {"bootstrap": ["false"]}})
    assert host.build().code == 3
    assert alive(pid)


def test_thousands_that_end_are_let_go_of(host: LocalHost) -> None:
    zombies = "ps -o stat= --ppid $(ps -o ppid= -p $PPID) | grep -c Z"
    host.use(apps={"web": {"bootstrap": ["for i in {1..300}; do (true &); done; sleep 0.5", f"test $({zombies}) -lt 5"]}})
    done = host.build()
    assert (done.code, done.failure) == (0, "")
