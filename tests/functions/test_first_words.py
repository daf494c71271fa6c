"""How a conversation begins: nothing of the run is in the command line, and the login is on the machine of the others."""

import shlex
from pathlib import Path

import pytest

from tasks.errors import Unreachable
from tasks.host import setup
from tasks.phases.report import READY
from tasks.phases.step import Phase, step
from tasks.remote import packing
from tasks.remote.conversation import Conversation
from tasks.remote.machine import Machine
from tasks.remote.outcome import Outcome
from tasks.remote.request import functions, request
from tasks.remote.run import NOTHING, Run
from tests.support.pipe_channel import Login
from tests.unit.made import environment

READS = Phase("state", (READY,))
MAKES = Phase("setup", (step("directories", setup.directories),))


def test_nothing_of_the_run_is_in_the_command_line() -> None:
    program, _ = packing.first(functions(READS))
    words = shlex.split(packing.command(program))
    assert words[:5] == ["exec", "python3", "-I", "-S", "-c"]
    assert words[5] == packing.BOOTSTRAP
    assert not set("'\\!$`") & set(packing.command(program))
    assert len(packing.command(program)) < 400


def test_a_login_on_another_machine_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    machine = Machine()
    machine.judge("prod", {"python": "3.11.2", "boot": "another", "machine": ""})
    asked = request(MAKES, environment(), Run("1d", "ada@desk", "setup", "setup"), NOTHING)
    with Login(tmp_path) as login, pytest.raises(Unreachable, match="is more than one machine"):
        Conversation(login, machine=machine).ask(asked, functions(MAKES), lambda _: None, Outcome())
    assert not (tmp_path / "builds").exists()
