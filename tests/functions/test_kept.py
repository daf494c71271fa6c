"""What a host keeps of the host program: a later run sends no modules, and nothing runs but what was kept."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.host import kept
from tasks.host.boot import Packed
from tasks.phases import lock, report
from tasks.phases.cutover import prune
from tasks.phases.step import Phase
from tasks.remote.conversation import Conversation
from tasks.remote.kept import Memory
from tasks.remote.outcome import Outcome
from tasks.remote.request import functions, request
from tasks.remote.run import NOTHING, Run
from tests.functions.made import Made, set_up
from tests.support.pipe_channel import Login
from tests.unit.made import environment

PLACE = "web1", 22, "ftsuser"
STATE = report.state(whole=False)
SMALL = 2500
"""Bytes of a first flight without modules: the word, and a request."""


@pytest.fixture
def login(tmp_path: Path) -> Iterator[Login]:
    set_up(tmp_path)
    with Login(tmp_path) as login:
        yield login


def asked(phase: Phase) -> tuple[dict[str, Any], list[str]]:
    return request(phase, environment(), Run("1d", "ada@desk", "release", "release"), NOTHING), functions(phase)


def answered(login: Login, *phases: Phase) -> list[str]:
    """How each phase of one conversation ended."""
    conversation, outcomes = Conversation(login, memory=Memory(*PLACE)), list[Outcome]()
    for phase in phases:
        outcomes.append(Outcome())
        conversation.ask(*asked(phase), lambda _: None, outcomes[-1])
    conversation.close()
    return [outcome.status for outcome in outcomes]


def bytes_of_the_first_flight(phase: Phase) -> int:
    sent, functions = asked(phase)
    return len(Conversation(memory=Memory(*PLACE)).flight(functions, sent).data)


def released(login: Login) -> Path:
    """The program that a run has kept which took the lock and pruned."""
    assert answered(login, lock.lock(), prune(environment())) == ["ok", "ok"]
    (program,) = login._home.glob("builds/source/program-*")
    return program


def test_a_run_after_a_release_sends_no_modules(login: Login) -> None:
    assert bytes_of_the_first_flight(STATE) > 10_000
    program = released(login)
    assert bytes_of_the_first_flight(STATE) < SMALL
    assert program.stat().st_mode & 0o777 == 0o600
    assert answered(login, STATE) == ["ok"]
    assert len(login.channels) == 2, "one for each run"


def test_what_the_kept_program_lacks_travels_with_the_request(login: Login) -> None:
    released(login)
    history = report.history()
    assert bytes_of_the_first_flight(history) < bytes_of_the_first_flight(STATE) + 500
    assert answered(login, history, lock.hold("a reason"), STATE) == ["ok", "ok", "ok"]
    assert answered(login, lock.unhold(), lock.lock(), prune(environment())) == ["ok", "ok", "ok"]
    assert answered(login, lock.hold("a reason")) == ["ok"]


def spoil(program: Path) -> None:
    program.write_bytes(program.read_bytes().replace(b"NOT_PASSED_ON", b"NOT_PASSED_NO"))


def shorten(program: Path) -> None:
    program.write_bytes(program.read_bytes()[:-1])


@pytest.mark.parametrize("change", [Path.unlink, spoil, shorten])
def test_another_program_is_not_run_and_the_whole_one_is_sent(login: Login, change: Callable[[Path], None]) -> None:
    change(released(login))
    assert answered(login, STATE) == ["ok"]
    assert len(login.channels) == 3


@pytest.mark.parametrize("version", [sys.version, "2.7.18"])
def test_a_program_that_another_interpreter_has_compiled_is_not_run(
    login: Login, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    run, own = Made(), version == sys.version
    monkeypatch.setattr(sys, "version", version)
    kept.keep(run, Packed({"tasks.host.boot": "open('ran', 'w').close()"}))
    Memory(*PLACE).take(run.facts["kept"], [])
    assert answered(login, STATE) == ["ok"]
    assert (tmp_path / "ran").exists() == own


def test_a_run_that_does_not_prune_keeps_nothing(login: Login, tmp_path: Path) -> None:
    assert answered(login, STATE, lock.lock()) == ["ok", "ok"]
    assert not list(tmp_path.glob("builds/source/program-*"))


def test_what_a_host_has_kept_already_is_not_written_again(login: Login) -> None:
    program = released(login)
    before = program.stat().st_mtime_ns
    released(login)
    assert program.stat().st_mtime_ns == before


def test_a_few_programs_are_kept_for_workstations_of_other_versions(tmp_path: Path) -> None:
    set_up(tmp_path)
    for number in range(kept.MOST + 2):
        kept.keep(Made(), Packed({"tasks.host.boot": f"number = {number}"}))
    assert len(list(tmp_path.glob("builds/source/*"))) == 2 + kept.MOST


def test_a_host_that_cannot_keep_it_reports_nothing(tmp_path: Path) -> None:
    run = Made()
    kept.keep(run, Packed({"tasks.host.boot": ""}))
    assert (run.events, list(tmp_path.glob("builds"))) == ([], [])


def test_a_full_disk_is_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_up(tmp_path)
    monkeypatch.setattr("tasks.host.files.os.write", lambda *_: 1)
    run = Made()
    kept.keep(run, Packed({"tasks.host.boot": ""}))
    assert (run.events, list(tmp_path.glob("builds/source/program-*"))) == ([], [])


@pytest.mark.parametrize("reported", ["", "x /a", f"{'0' * 63} /a", f"{'0' * 64} a", f"{'0' * 64} "])
def test_a_report_that_is_none_is_not_remembered(reported: str) -> None:
    Memory(*PLACE).take(reported, [])
    assert Memory(*PLACE).recall() is None


def test_the_path_reaches_the_program_through_any_shell(login: Login, tmp_path: Path) -> None:
    released(login)
    (program,) = tmp_path.glob("builds/source/program-*")
    place = tmp_path / "a 'b' $c \\ ü"
    program.rename(place)
    found = Memory(*PLACE).recall()
    assert found
    Memory(*PLACE).take(f"{found.digest} {place}", found.modules)
    assert answered(login, STATE) == ["ok"]
    assert len(login.channels) == 2
