"""A program of supervisor: is it there, by supervisorctl or else by the files, and what is it called?"""

from pathlib import Path

import pytest

from tasks.host.check import services
from tasks.host.check.service_files import Supervisor
from tasks.host.check.services import check_program, listens
from tasks.host.services.started import Runs
from tests.functions.made import Made
from tests.support.lines import Lines, reported

PROGRAM = Runs("many", "supervisor", "www-data", "", [], {"group": "many"})


class Known(Supervisor):
    """A supervisor whose files have these groups and processes."""

    def __init__(self, **groups: set[str]) -> None:
        super().__init__()
        self.groups = groups
        self.programs = [PROGRAM] if groups else []


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the host has its programs; supervisorctl is none of them."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def checked(name: str, status: int | None, supervisor: Supervisor) -> Lines:
    """The lines about a program whose supervisorctl status has this exit code, None where it cannot be asked."""
    run = Made("check-services")
    check_program(run, name, status, supervisor)
    return reported(run.events)


def test_one_that_runs_is_there_whatever_is_in_the_files() -> None:
    assert checked("one", 0, Known()) == Lines(("supervisor one",), (), ())


def test_one_that_does_not_run_is_a_warning() -> None:
    found = checked("one", 3, Known())
    assert (found.ok, len(found.warn), found.fail) == ((), 1, ())


def test_where_supervisorctl_is_not_asked_the_files_decide() -> None:
    assert checked("one", None, Known(one={"one"})) == Lines(("supervisor one",), (), ())


def test_one_that_only_the_files_know_was_not_read_yet() -> None:
    (line,) = checked("one", 4, Known(one={"one"})).fail
    assert line == "supervisor has not read its files since one was written -> sudo supervisorctl update"


@pytest.mark.parametrize("status", [None, 4])
def test_one_of_several_processes_gets_its_name(status: int | None) -> None:
    (line,) = checked("many", status, Known(many={"many_00", "many_01"})).fail
    assert line == "supervisor knows no program many -> write {supervisor: 'many:*'} in hosts.yml"


def test_one_that_nobody_knows_fails() -> None:
    (line,) = checked("nobody", None, Known(many={"many_00"})).fail
    assert "correct services in hosts.yml" in line


def test_a_host_without_supervisor_fails() -> None:
    (line,) = checked("one", None, Known()).fail
    assert "there is no supervisor on this host" in line


def test_a_supervisor_that_cannot_be_asked_is_a_warning(programs: Path) -> None:
    (programs / "supervisorctl").touch(mode=0o755)
    found = checked("one", None, Known())
    assert (found.ok, len(found.warn), found.fail) == ((), 1, ())


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
    monkeypatch.setattr(services, "listeners", list)
    monkeypatch.setattr(services, "paths", lambda: ["/run/x/app.sock", "/run/systemd/private"])
    assert listens(Runs("app", "systemd", "www-data", "", [(words, False)], about)) == found
