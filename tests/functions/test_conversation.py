"""A conversation begins with what only the host program can say, and a phase is ok by its own last event alone."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.errors import NotReleased, ReleaseError, Unreachable
from tasks.host import setup
from tasks.phases import lock
from tasks.phases.event import Event
from tasks.phases.report import READY
from tasks.phases.step import Phase, step
from tasks.remote import packing
from tasks.remote.conversation import Conversation
from tasks.remote.outcome import Outcome
from tasks.remote.request import functions, request
from tasks.remote.run import NOTHING, Run
from tests.support.pipe_channel import Login
from tests.unit.made import environment

READS = Phase("state", (READY,))
MAKES = Phase("setup", (step("directories", setup.directories),))
NOT_SET_UP = "prod is not set up on this host"


EMPTY = Phase("nothing")


def asked(phase: Phase) -> tuple[dict[str, Any], list[str]]:
    return request(phase, environment(), Run("1d", "ada@desk", "status", "status"), NOTHING), functions(phase)


def ask(conversation: Conversation, phase: Phase = READS, then: Phase | None = None) -> tuple[Outcome, list[Event]]:
    outcome, heard = Outcome(), list[Event]()
    conversation.ask(*asked(phase), heard.append, outcome, asked(then) if then else None)
    return outcome, heard


@pytest.fixture
def login(tmp_path: Path) -> Iterator[Login]:
    with Login(tmp_path) as login:
        yield login


def starting(tmp_path: Path, text: str) -> Login:
    """A login whose shell runs this text before the command that it was given."""
    shell = tmp_path / "shell"
    shell.write_text(f'#!/bin/bash\n{text}\nexec bash -c "$2"\n')
    shell.chmod(0o755)
    return Login(tmp_path, (str(shell), "-c"))


def test_a_phase_is_asked_for_and_answered(login: Login) -> None:
    outcome, heard = ask(Conversation(login))
    assert (outcome.status, outcome.failure) == ("failed", NOT_SET_UP)
    assert [event.kind for event in heard] == ["step", "fail"]


def test_one_conversation_serves_one_phase_after_the_other(login: Login) -> None:
    conversation = Conversation(login)
    for _ in range(3):
        assert ask(conversation)[0].failure == NOT_SET_UP
    assert len(login.channels) == 1


def test_what_follows_a_phase_that_went_well_is_answered_when_it_is_asked_for(login: Login) -> None:
    conversation = Conversation(login)
    assert ask(conversation, EMPTY, then=READS)[0].status == "ok"
    assert ask(conversation)[0].failure == NOT_SET_UP
    assert ask(conversation, EMPTY)[0].status == "ok"


def test_modules_travel_before_the_request_that_needs_them(login: Login) -> None:
    conversation = Conversation(login)
    ask(conversation, EMPTY)
    conversation.bring(asked(EMPTY)[0], functions(READS))
    assert packing.more(functions(READS), conversation._present) == (b"", [])
    assert ask(conversation)[0].failure == NOT_SET_UP


def test_what_follows_a_phase_that_failed_is_not_begun_until_it_is_asked_for(login: Login, tmp_path: Path) -> None:
    conversation, builds = Conversation(login), tmp_path / "builds"
    assert ask(conversation, then=MAKES)[0].failure == NOT_SET_UP
    assert (ask(conversation, EMPTY)[0].status, builds.exists()) == ("ok", False)
    assert (ask(conversation, MAKES)[0].status, builds.exists()) == ("ok", True)


def test_what_follows_and_is_not_asked_for_disturbs_nothing(login: Login) -> None:
    conversation = Conversation(login)
    ask(conversation, then=READS)
    assert ask(conversation, EMPTY)[0].status == "ok"
    ask(conversation, EMPTY, then=READS)
    assert ask(conversation, EMPTY)[0].status == "ok"
    assert len(login.channels) == 1


def test_a_conversation_may_begin_before_its_first_request_is_known(login: Login) -> None:
    conversation = Conversation()
    conversation.flight(functions(READS))
    conversation.join(login)
    assert ask(conversation)[0].failure == NOT_SET_UP


def test_the_first_request_may_be_on_its_way_before_it_is_asked_for(login: Login) -> None:
    for first, phase in ((READS, READS), (EMPTY, READS)):
        conversation = Conversation()
        conversation.flight(functions(first), asked(first)[0])
        conversation.join(login)
        assert ask(conversation, phase)[0].failure == NOT_SET_UP
        conversation.close()


def test_a_later_phase_brings_the_modules_that_it_needs_and_no_others(login: Login) -> None:
    conversation = Conversation(login)
    ask(conversation, Phase("state"))
    assert ask(conversation)[0].failure == NOT_SET_UP
    assert packing.more(functions(READS), conversation._present) == (b"", [])


@pytest.mark.parametrize(
    "phase", [lock.lock(), lock.follow(), Phase("build", (READY,), kind="job")], ids=lambda phase: phase.kind
)
def test_a_phase_of_any_kind_may_be_the_first(login: Login, phase: Phase) -> None:
    """Over a new link, a job is followed by a host program that was sent nothing before."""
    assert ask(Conversation(login), phase)[0].failure == NOT_SET_UP


@pytest.mark.parametrize(
    "text", ["echo hello", "echo 'a warning' >&2", "printf 'half a line'", "echo '{}'; yes | head -n 50000"]
)
def test_a_login_that_prints_is_heard_and_disturbs_nothing(tmp_path: Path, text: str) -> None:
    with starting(tmp_path, text) as login:
        assert ask(Conversation(login))[0].failure == NOT_SET_UP


ENDS = {"echo closed; exit 0": 0, "echo closed; exit 3": 3, "exec echo closed": 0, "echo closed; exec true": 0}


@pytest.mark.parametrize(("text", "code"), ENDS.items())
def test_a_login_that_ends_says_what_it_printed_and_never_done(tmp_path: Path, text: str, code: int) -> None:
    with starting(tmp_path, text) as login, pytest.raises(Unreachable) as caught:
        ask(Conversation(login))
    assert f"ended with {code} before it began" in caught.value.what
    assert "it printed: closed" in caught.value.details
    assert "~/.bashrc" in (caught.value.next or "")


OWN = {
    "echo 'WARNING: Your password has expired.'; echo 'Password change required but no TTY available.'; exit 1": "chage -l",
    "echo 'Your account has expired; please contact your system administrator.'; exit 1": "chage -E",
    "echo 'This account is currently not available.'; exit 1": "getent passwd",
    "echo \"fatal: unrecognized command 'exec python3 -I'\" >&2; exit 128": "commands of git alone",
    "echo 'System is going down.'; exit 254": "/etc/nologin",
}


@pytest.mark.parametrize(("text", "advice"), OWN.items(), ids=OWN.values())
def test_a_login_that_the_host_itself_ends_has_other_advice_than_start_up_files(tmp_path: Path, text: str, advice: str) -> None:
    with starting(tmp_path, text) as login, pytest.raises(Unreachable) as caught:
        ask(Conversation(login))
    assert any(line.startswith("it printed: ") for line in caught.value.details)
    assert advice in (caught.value.next or "")
    assert "~/.bashrc" not in (caught.value.next or "")


@pytest.mark.parametrize("text", ["exec cat", "read -r line; exec sleep 60", "exec sleep 60"])
def test_a_login_that_waits_or_echoes_has_a_deadline(tmp_path: Path, text: str) -> None:
    with starting(tmp_path, text) as login, pytest.raises(Unreachable) as caught:
        ask(Conversation(login, first_line=1.0))
    assert "did not start it within 1 seconds" in caught.value.what


def test_a_host_without_python3_is_no_login_that_fails(tmp_path: Path) -> None:
    text = "echo 'bash: line 1: exec: python3: not found'; exit 127"
    with starting(tmp_path, text) as login, pytest.raises(NotReleased) as caught:
        ask(Conversation(login))
    assert caught.value.next == "sudo apt-get install python3"


@pytest.mark.parametrize("version", ["2.7", "3.7"])
def test_a_python_that_is_too_old_is_named(tmp_path: Path, version: str) -> None:
    old = tmp_path / "python3"
    answer = (
        "import sys,hashlib as h;w=sys.stdin.buffer.read().split(b'\\n')[-3];"
        f"print(h.sha256(w).hexdigest(),0,chr(123)+chr(34)+'python'+chr(34)+':'+chr(34)+'{version}'+chr(34)+chr(125))"
    )
    old.write_text(f"#!/bin/bash\nexec /usr/bin/python3 -c {shlex.quote(answer)}\n")
    old.chmod(0o755)
    with starting(tmp_path, f"export PATH={tmp_path}:$PATH") as login:
        conversation = Conversation(login)
        with pytest.raises(ReleaseError):
            _with_its_stdin_closed(conversation, login)


def _with_its_stdin_closed(conversation: Conversation, login: Login) -> None:
    original = conversation._greet

    def greet() -> None:
        login.channels[-1].shutdown_write()
        original()

    conversation._greet = greet  # type: ignore[method-assign]
    ask(conversation)


def test_a_host_without_python_is_no_mystery(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with starting(tmp_path, f'export PATH={empty}; exec /bin/bash -c "$2"') as login, pytest.raises(NotReleased) as caught:
        ask(Conversation(login))
    assert "python3 cannot be run" in caught.value.what


def test_what_is_not_the_announced_program_runs_nothing(login: Login) -> None:
    program, _ = packing.first(functions(READS))
    channel = login.session()
    channel.exec_command(packing.command(program))
    channel.sendall(program[:-1] + b"!")
    channel.shutdown_write()
    assert channel.recv(100) == b""


def test_an_upload_that_is_cut_short_runs_nothing(login: Login) -> None:
    program, _ = packing.first(functions(READS))
    channel = login.session()
    channel.exec_command(packing.command(program))
    channel.sendall(program[:-1])
    channel.shutdown_write()
    assert channel.recv(100) == b""


def test_a_program_that_dies_without_its_last_event_is_unknown(login: Login) -> None:
    conversation = Conversation(login)
    ask(conversation)
    login.channels[-1].process.kill()
    assert ask(conversation)[0].status == "unknown"
    assert conversation.ended
