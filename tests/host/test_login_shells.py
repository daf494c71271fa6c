"""A user's login shell need not quote as POSIX does: what starts the host program reads alike in each."""

import shutil
from pathlib import Path

import pytest

from tasks.phases.report import READY
from tasks.phases.step import Phase
from tasks.remote.conversation import Conversation
from tasks.remote.outcome import Outcome
from tasks.remote.request import functions, request
from tasks.remote.run import NOTHING, Run
from tests.support.pipe_channel import Login
from tests.unit.made import environment


@pytest.mark.parametrize("shell", ["fish", "tcsh", "zsh", "dash", "bash"])
def test_the_host_program_is_started_by_any_login_shell(shell: str, tmp_path: Path) -> None:
    if not shutil.which(shell):
        pytest.fail(f"{shell} is missing: sudo apt-get install {shell}")
    phase, outcome = Phase("state", (READY,)), Outcome()
    asked = request(phase, environment(), Run("1d", "ada@desk", "status", "status"), NOTHING)
    with Login(tmp_path, (shell, "-c")) as login:
        Conversation(login).ask(asked, functions(phase), lambda _: None, outcome)
    assert outcome.failure == "prod is not set up on this host"
