"""What units and supervisor programs run, from systemctl and the files of supervisor."""

import configparser
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.host.check.service_files import Supervisor
from tasks.host.services import supervisor as supervisor_files
from tasks.host.services.started import Runs, unit
from tasks.host.services.units import units_in

SHOWN = """\
Id=api.service
Names=api.service www.service
ExecStart={ path=/usr/bin/php ; argv[]=/usr/bin/php -S :80 ; ignore_errors=no ; start_time=[n/a] ; pid=0 ; status=0/0 }
ExecStartEx={ path=/usr/bin/php ; argv[]=/usr/bin/php -S :80 ; flags= ; start_time=[n/a] ; pid=0 ; status=0/0 }
ExecStartPreEx={ path=/bin/a ; argv[]=/bin/a one two ; flags=privileged ; start_time=[n/a] ; pid=0 ; status=0/0 }
ExecStartPreEx={ path=/bin/b ; argv[]=/bin/b ; flags=ignore-failure ; start_time=[n/a] ; pid=0 ; status=0/0 }
ExecReload={ path=/bin/kill ; argv[]=/bin/kill -HUP $MAINPID ; ignore_errors=yes ; start_time=[n/a] ; pid=0 ; status=0/0 }
User=www-data
WorkingDirectory=!/srv/www
"""
MAIN = """
[supervisord]
logfile=/x ; where it logs: there
[include]
files = conf.d/*.conf %(here)s/more/*.conf
"""
PROGRAMS = """
[program:releases]
command=php "a b" ; says what
user=www-data
[program:many]
numprocs=2
process_name=%(program_name)s_%(process_num)02d
command=x
[program:one]
command=y
[group:both]
programs=one, other
[program:other]
command=z
[fcgi-program:fast]
command=f
environment=A="b",C="%(ENV_HOME)s"
"""


def shown() -> Runs:
    """The unit that systemctl shows."""
    (about,) = units_in(SHOWN)
    return unit(about)


@pytest.mark.parametrize("character", ["\u2028", "\x85", "\x0c"])
def test_a_property_of_a_unit_ends_with_its_line_alone(character: str) -> None:
    (about,) = units_in(f"Id=a.service\nDescription=b{character}User=root\nUser=www-data\n")
    assert about["User"] == "www-data"


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Supervisor]:
    """The supervisor of a host with these programs."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "main.conf").write_text(MAIN)
    monkeypatch.setattr(supervisor_files, "MAIN", (str(tmp_path / "gone"), str(tmp_path / "main.conf")))

    def read(programs: str) -> Supervisor:
        (tmp_path / "conf.d" / "a.conf").write_text(programs)
        found = Supervisor()
        found.read()
        return found

    return read


def test_every_command_of_a_unit_is_known_and_which_are_roots_whatever_its_user() -> None:
    assert shown().commands == [
        (["/bin/a", "one", "two"], True),
        (["/bin/b"], False),
        (["/usr/bin/php", "-S", ":80"], False),
        (["/bin/kill", "-HUP", "$MAINPID"], False),
    ]


def test_a_unit_has_its_user_and_its_directory() -> None:
    found = shown()
    assert (found.name, found.user, found.folder) == ("api", "www-data", "/srv/www")


@pytest.mark.parametrize(
    ("shown", "user"), [("", "root"), ("DynamicUser=yes", "a dynamic user"), ("DynamicUser=no", "root"), ("User=0", "0")]
)
def test_a_unit_that_names_no_user_is_roots(shown: str, user: str) -> None:
    assert unit(units_in("Id=a.service\n" + shown)[0]).user == user


@pytest.mark.parametrize("pattern", ["api", "api.service", "www", "a*", "www.*"])
def test_hosts_yml_may_call_a_unit_by_any_of_its_names(pattern: str) -> None:
    assert shown().is_named(pattern)


@pytest.mark.parametrize("pattern", ["ap", "api@*", "nginx"])
def test_hosts_yml_does_not_mean_others(pattern: str) -> None:
    assert not shown().is_named(pattern)


@pytest.mark.parametrize(
    "name", ["releases", "releases:*", "releases:releases", "many:*", "many:many_01", "both:*", "both:one", "fast", "all"]
)
def test_a_name_that_supervisorctl_would_act_on_is_there(supervisor: Callable[[str], Supervisor], name: str) -> None:
    assert supervisor(PROGRAMS).has(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("many", "many:*"), ("one", "both:one"), ("both", "both:*"), ("nobody", ""), ("both:nobody", ""), ("nobody:*", "")],
)
def test_a_name_that_is_none_is_told_how_it_is_written(supervisor: Callable[[str], Supervisor], name: str, meant: str) -> None:
    found = supervisor(PROGRAMS)
    assert (found.has(name), found.meant(name)) == (False, meant)


def test_files_beside_the_main_one_are_read_too(supervisor: Callable[[str], Supervisor], tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.conf").write_text("[program:further]\ncommand=x")
    assert supervisor(PROGRAMS).has("further")


def test_a_program_has_its_words_and_its_user(supervisor: Callable[[str], Supervisor]) -> None:
    programs = {each.name: each for each in supervisor(PROGRAMS).programs}
    assert programs["releases"].commands == [(["php", "a b"], False)]
    assert [programs[name].user for name in ("releases", "one")] == ["www-data", "root"]


def test_programs_run_as_supervisor_does_where_it_is_not_root(supervisor: Callable[[str], Supervisor]) -> None:
    (one,) = supervisor("[supervisord]\nuser=sv\n[program:one]\ncommand=y").programs
    assert one.user == "sv"


def test_hosts_yml_may_mean_a_program_by_its_group(supervisor: Callable[[str], Supervisor]) -> None:
    programs = {each.name: each for each in supervisor(PROGRAMS).programs}
    assert programs["one"].is_named("both:*")
    assert programs["many"].is_named("many:many_00")
    assert not programs["one"].is_named("many:*")


def test_a_host_without_supervisor_has_no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_files, "MAIN", (str(tmp_path / "gone"),))
    found = Supervisor()
    found.read()
    assert (found.programs, found.has("x")) == ([], False)


def test_a_file_that_is_none_of_supervisors_is_an_error(supervisor: Callable[[str], Supervisor]) -> None:
    with pytest.raises(configparser.Error):
        supervisor("no section")
