"""A user's login shell need not quote as POSIX does: what starts the host program reads alike in each."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tasks.phases.cutover import prune
from tasks.phases.lock import lock
from tasks.phases.report import READY, state
from tasks.phases.step import Phase
from tasks.remote.conversation import Conversation
from tasks.remote.kept import Memory
from tasks.remote.outcome import Outcome
from tasks.remote.request import functions, request
from tasks.remote.run import NOTHING, Run
from tests.functions.made import set_up
from tests.support.pipe_channel import Login
from tests.unit.made import environment

SHELLS = ["fish", "tcsh", "zsh", "dash", "bash"]
PLACE = "web1", 22, "ftsuser"


def asked(phase: Phase) -> tuple[dict[str, Any], list[str]]:
    return request(phase, environment(), Run("1d", "ada@desk", "status", "status"), NOTHING), functions(phase)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_kept_host_program_is_started_by_any_login_shell(shell: str, tmp_path: Path) -> None:
    set_up(tmp_path)
    with Login(tmp_path) as login:
        conversation = Conversation(login, memory=Memory(*PLACE))
        for phase in (lock(), prune(environment())):
            conversation.ask(*asked(phase), lambda _: None, Outcome())
    with Login(tmp_path, (shell, "-c")) as login:
        outcome = Outcome()
        Conversation(login, memory=Memory(*PLACE)).ask(*asked(state()), lambda _: None, outcome)
        assert (outcome.status, len(login.channels)) == ("ok", 1)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_host_program_is_started_by_any_login_shell(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.fail(f"{shell} is missing: sudo apt-get install {shell}")
    phase, outcome = Phase("state", (READY,)), Outcome()
    with Login(tmp_path, (shell, "-c")) as login:
        Conversation(login).ask(*asked(phase), lambda _: None, outcome)
    assert outcome.failure == "prod is not set up on this host"
