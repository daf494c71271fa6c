"""What no test may see or touch: the settings of the machine that it runs on, and of the person at it."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: how long an example takes says how busy the machine is.
settings.register_profile("everywhere", deadline=None)
settings.load_profile("everywhere")

# Before anything of `tasks` is loaded: what nohup and a shell's background jobs ignore, tests would ignore too.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

OURS = ("HOSTS_FILE", "SANDBOX_DIR", "RELEASE_DEBUG")
OF_THE_PERSON = ("SSH_AUTH_SOCK", "SSH_AGENT_PID", "NO_COLOR", "FORCE_COLOR", "CI", "LANG", "LANGUAGE", "XDG_CONFIG_HOME")
READ_BY_TOOLS = ("GIT_", "INVOKE_", "FABRIC_", "LC_")


_finished: set[str] = set()


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Every test that has run, wherever."""
    _finished.add(nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A test that was given to a process and never came back fails the session: xdist's worksteal has lost some in silence."""
    shared_out = getattr(session.config.pluginmanager.get_plugin("dsession"), "sched", None)
    lost = set(getattr(shared_out, "collection", None) or ()) - _finished
    if lost and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\n{len(lost)} tests were collected and did not run:", *sorted(lost)[:20], sep="\n  ", file=sys.stderr)


@pytest.fixture(scope="session", autouse=True)
def nobodys_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An environment without settings, for fixtures of any scope: no agent, no git configuration, one locale."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*OURS, *OF_THE_PERSON, *(name for name in os.environ if name.startswith(READ_BY_TOOLS))]:
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("LC_ALL", "C.UTF-8")
        yield


@pytest.fixture(autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for every test."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    return home
