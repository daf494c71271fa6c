"""What keeps a messenger worker from ending after its message."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from tasks.host.check import services
from tasks.host.check.services import check_workers, has_pcntl, worker_words
from tasks.host.services.started import Runs
from tests.functions.made import Made
from tests.support.lines import Lines, reported

WORDS = ["/usr/bin/php", "bin/console", "messenger:consume", "async"]


def unit(name: str = "worker@1", *words: str, **about: str) -> Runs:
    return Runs(name, "systemd", "www-data", "/srv", [(["/bin/true"], False), ([*words] or WORDS, False)], about)


def program(*words: str, **about: str) -> Runs:
    return Runs("worker", "supervisor", "www-data", "/srv", [([*words] or WORDS, False)], {"group": "worker", **about})


@pytest.fixture(autouse=True)
def a_php_that_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "has_pcntl", lambda _words: True)


def checked(*workers: Runs) -> Lines:
    """The lines about these workers."""
    run = Made("check-services")
    check_workers(run, workers)
    return reported(run.events)


def test_a_worker_is_what_consumes_messages() -> None:
    assert worker_words(unit()) == WORDS
    assert worker_words(unit("x", "/usr/bin/php", "bin/console", "about")) == []


@pytest.mark.parametrize(
    "worker",
    [
        unit(TimeoutStopUSec="1min 30s", KillSignal="15"),
        unit(TimeoutStopUSec="10s"),
        program(stopwaitsecs="60", stopsignal="term"),
    ],
)
def test_a_worker_with_time_and_the_right_signal_ends_gracefully(worker: Runs) -> None:
    found = checked(worker)
    assert (len(found.ok), found.bad) == (1, ())


@pytest.mark.parametrize(
    ("worker", "why"),
    [
        (unit(TimeoutStopUSec="5s"), "more than 5s is killed"),
        (unit(TimeoutStopUSec="900ms"), "more than 900ms is killed"),
        (unit(TimeoutStopUSec="infinity"), "TimeoutStopSec=infinity"),
        (unit(KillSignal="9"), "signal 9"),
        (program(), "more than 10 s is killed"),
        (program(stopwaitsecs="3"), "more than 3 s is killed"),
        (program(stopwaitsecs="60", stopsignal="QUIT"), "signal QUIT"),
        (program("bash", "-c", "php bin/console messenger:consume async", stopwaitsecs="60"), "its shell gets the signal"),
    ],
)
def test_a_worker_that_would_die_at_work_is_a_warning(worker: Runs, why: str) -> None:
    found = checked(worker)
    (line,) = found.warn
    assert (why in line, found.ok, found.fail) == (True, (), ()), line


@pytest.mark.parametrize(
    "worker",
    [
        program("bash", "-c", "php bin/console messenger:consume async", stopwaitsecs="60", stopasgroup="true"),
        program("bash", "-c", "exec php bin/console messenger:consume async", stopwaitsecs="60"),
    ],
)
def test_a_shell_that_hands_the_signal_on_is_well(worker: Runs) -> None:
    found = checked(worker)
    assert (len(found.ok), found.bad) == (1, ())


def test_a_php_without_pcntl_hears_no_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "has_pcntl", lambda _words: False)
    assert "no pcntl" in checked(unit()).warn[0]


def test_a_php_that_cannot_be_asked_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "has_pcntl", lambda _words: None)
    found = checked(unit())
    assert (len(found.ok), found.bad) == (1, ())


@pytest.mark.parametrize(("modules", "mode", "found"), [("pcntl", 0o755, True), ("json", 0o755, False), ("pcntl", 0o777, None)])
def test_only_a_php_that_root_alone_can_write_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modules: str, mode: int, found: bool | None
) -> None:
    php = tmp_path / "php8.2"
    php.write_text(f"#!/bin/sh\necho {modules}\n")
    php.chmod(mode)
    owned = SimpleNamespace(st_uid=0, st_mode=php.stat().st_mode)
    monkeypatch.setattr(services, "os", SimpleNamespace(path=os.path, stat=lambda _path: owned))
    assert has_pcntl([str(php), "bin/console"]) == found


def test_instances_of_a_template_are_one() -> None:
    found = checked(unit("worker@1", TimeoutStopUSec="1s"), unit("worker@2", TimeoutStopUSec="1s"), unit("other"))
    assert [line.partition(":")[0] for line in (*found.ok, *found.bad)] == ["systemd worker@*"]


def test_where_there_are_no_workers_there_is_no_line() -> None:
    assert checked() == Lines((), (), ())


def test_a_php_in_a_directory_of_another_user_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    php = tmp_path / "bin/php"
    php.parent.mkdir()
    php.write_text("#!/bin/sh\necho pcntl\n")
    php.chmod(0o755)
    theirs = str(php.parent)
    monkeypatch.setattr(
        services, "os", SimpleNamespace(path=os.path, stat=lambda path: SimpleNamespace(st_uid=path == theirs, st_mode=0o755))
    )
    assert has_pcntl([str(php), "bin/console"]) is None
