"""The guards of the tests themselves: a guard that lets everything through would go unnoticed."""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import conftest


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: subprocess.run(["true"], check=False),
        lambda: os.system("true"),  # noqa: S605
        lambda: os.posix_spawn("/bin/true", ["true"], {}),
        os.fork,
        lambda: socket.create_connection(("127.0.0.1", 22)),
        lambda: socket.socket().bind(("127.0.0.1", 0)),
    ],
    ids=["subprocess", "system", "posix_spawn", "fork", "connect", "bind"],
)
def test_a_unit_test_can_neither_start_a_process_nor_open_a_connection(attempt: Callable[[], object]) -> None:
    with pytest.raises(AssertionError, match="a unit test reached for"):
        attempt()


def test_home_is_empty_and_belongs_to_this_test(empty_home: Path) -> None:
    assert Path.home() == empty_home
    assert list(empty_home.iterdir()) == []


@pytest.mark.parametrize("name", ["HOSTS_FILE", "SANDBOX_DIR", "SSH_AUTH_SOCK", "NO_COLOR", "FORCE_COLOR", "CI"])
def test_no_setting_of_this_machine_is_seen(name: str) -> None:
    assert name not in os.environ


def test_git_reads_no_settings_of_this_machine() -> None:
    assert (os.environ["GIT_CONFIG_GLOBAL"], os.environ["GIT_CONFIG_NOSYSTEM"]) == (os.devnull, "1")


@pytest.mark.parametrize(("missing", "code"), [(0, pytest.ExitCode.OK), (1, pytest.ExitCode.TESTS_FAILED)])
def test_a_test_that_was_given_out_and_never_came_back_fails_the_session(missing: int, code: pytest.ExitCode) -> None:
    ran = [f"tests/x.py::test_{number}" for number in range(3)]
    for name in ran[missing:]:
        conftest.pytest_runtest_logfinish(name)
    dsession = SimpleNamespace(sched=SimpleNamespace(collection=ran))
    plugins = SimpleNamespace(get_plugin=lambda name: dsession if name == "dsession" else None)
    session = SimpleNamespace(config=SimpleNamespace(pluginmanager=plugins), exitstatus=pytest.ExitCode.OK)
    conftest.pytest_sessionfinish(session, session.exitstatus)  # type: ignore[arg-type]
    assert session.exitstatus == code
    conftest._finished.difference_update(ran)
