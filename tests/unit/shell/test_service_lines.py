"""A program of supervisor: is it there, as supervisorctl says it or else the files, and what is it called?"""

import pytest

from tasks.shell.lib.check import service_lines
from tasks.shell.lib.check.service_files import Command, Runs, Supervisor
from tasks.shell.lib.check.service_lines import Service, listens, tell_program

PROGRAM = Runs("many", "supervisor", "www-data", "", [], {"group": "many"})


class Known(Supervisor):
    """A supervisor whose files have these groups and processes."""

    def __init__(self, **groups: set[str]) -> None:
        super().__init__()
        self.groups = groups
        self.programs = [PROGRAM] if groups else []


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The lines that are told: each level with its text and what to do."""
    lines: list[tuple[str, str]] = []
    monkeypatch.setattr(service_lines, "ok", lambda text: lines.append(("ok", text)))
    for level in ("warn", "fail"):
        monkeypatch.setattr(service_lines, level, lambda text, do, level=level: lines.append((level, f"{text} -> {do}")))
    monkeypatch.setattr("shutil.which", lambda _name: None)
    return lines


def asked(name: str, status: str, supervisor: Supervisor) -> None:
    tell_program(Service("supervisor", "restart", name, status), supervisor)


def test_one_that_runs_is_there_whatever_the_files_say(said: list[tuple[str, str]]) -> None:
    asked("one", "0", Known())
    assert said == [("ok", "supervisor one")]


def test_one_that_does_not_run_is_a_warning(said: list[tuple[str, str]]) -> None:
    asked("one", "3", Known())
    assert said[0][0] == "warn"


def test_where_supervisorctl_is_not_asked_the_files_say_it(said: list[tuple[str, str]]) -> None:
    asked("one", "", Known(one={"one"}))
    assert said == [("ok", "supervisor one")]


def test_one_that_only_the_files_know_was_not_read_yet(said: list[tuple[str, str]]) -> None:
    asked("one", "4", Known(one={"one"}))
    assert said == [("fail", "supervisor has not read its files since one was written -> sudo supervisorctl update")]


@pytest.mark.parametrize("status", ["", "4"])
def test_one_of_several_processes_is_told_its_name(said: list[tuple[str, str]], status: str) -> None:
    asked("many", status, Known(many={"many_00", "many_01"}))
    assert said == [("fail", "supervisor knows no program many -> write {supervisor: 'many:*'} in hosts.yml")]


def test_one_that_nobody_knows_fails(said: list[tuple[str, str]]) -> None:
    asked("nobody", "", Known(many={"many_00"}))
    assert said[0][0] == "fail"
    assert "correct services in hosts.yml" in said[0][1]


def test_a_host_without_supervisor_fails(said: list[tuple[str, str]]) -> None:
    asked("one", "", Known())
    assert said[0][0] == "fail"
    assert "there is no supervisor on this host" in said[0][1]


def test_a_supervisor_that_cannot_be_asked_is_a_warning(said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: "/usr/bin/supervisorctl")
    asked("one", "", Known())
    assert said[0][0] == "warn"


@pytest.mark.parametrize(
    ("words", "about", "found"),
    [
        (["app", "--bind", "unix:/run/x/app.sock"], {}, ["/run/x/app.sock"]),
        (["app"], {"RuntimeDirectory": "y x"}, ["/run/x/app.sock"]),
        (["app"], {"RuntimeDirectory": "y"}, []),
        (["app"], {}, []),
    ],
)
def test_a_unix_socket_is_a_units_by_its_directory_or_its_words(
    monkeypatch: pytest.MonkeyPatch, words: list[str], about: dict[str, str], found: list[str]
) -> None:
    monkeypatch.setattr(service_lines, "listeners", list)
    monkeypatch.setattr(service_lines, "listened_paths", lambda: ["/run/x/app.sock", "/run/systemd/private"])
    assert listens(Runs("app", "systemd", "www-data", "", [Command(words, False)], about)) == found
