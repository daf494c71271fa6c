"""What keeps a messenger worker from ending after the message that it is at."""

import pytest

from tasks.shell.lib.check import service_workers
from tasks.shell.lib.check.service_files import Command, Runs
from tasks.shell.lib.check.service_workers import consumes, seconds, tell_workers

WORDS = ["/usr/bin/php", "bin/console", "messenger:consume", "async"]


def unit(name: str = "worker@1", *words: str, **about: str) -> Runs:
    return Runs(name, "systemd", "www-data", "/srv", [Command(["/bin/true"], False), Command([*words] or WORDS, False)], about)


def program(*words: str, **about: str) -> Runs:
    return Runs("worker", "supervisor", "www-data", "/srv", [Command([*words] or WORDS, False)], {"group": "worker", **about})


@pytest.fixture(autouse=True)
def a_php_that_hears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_workers, "has_pcntl", lambda _words: True)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The lines that are told: each level with its text."""
    lines: list[tuple[str, str]] = []
    monkeypatch.setattr(service_workers, "ok", lambda text: lines.append(("ok", text)))
    monkeypatch.setattr(service_workers, "warn", lambda text, _todo: lines.append(("warn", text)))
    return lines


def test_a_worker_is_what_consumes_messages() -> None:
    assert consumes(unit())
    assert not consumes(unit("x", "/usr/bin/php", "bin/console", "about"))


@pytest.mark.parametrize(
    "worker",
    [
        unit(TimeoutStopUSec="1min 30s", KillSignal="15"),
        unit(TimeoutStopUSec="10s"),
        program(stopwaitsecs="60", stopsignal="term"),
    ],
)
def test_a_worker_with_time_and_the_right_signal_ends_gracefully(worker: Runs, said: list[tuple[str, str]]) -> None:
    tell_workers([worker])
    assert [level for level, _ in said] == ["ok"]


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
        (program("bash", "-c", "php bin/console messenger:consume async", stopwaitsecs="60"), "its shell is told to end"),
    ],
)
def test_a_worker_that_would_die_at_work_is_told(worker: Runs, why: str, said: list[tuple[str, str]]) -> None:
    tell_workers([worker])
    ((level, text),) = said
    assert (level, why in text) == ("warn", True), text


@pytest.mark.parametrize(
    "worker",
    [
        program("bash", "-c", "php bin/console messenger:consume async", stopwaitsecs="60", stopasgroup="true"),
        program("bash", "-c", "exec php bin/console messenger:consume async", stopwaitsecs="60"),
    ],
)
def test_a_shell_that_hands_the_signal_on_is_well(worker: Runs, said: list[tuple[str, str]]) -> None:
    tell_workers([worker])
    assert [level for level, _ in said] == ["ok"]


def test_a_php_without_pcntl_hears_no_signal(said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_workers, "has_pcntl", lambda _words: False)
    tell_workers([unit()])
    assert "no pcntl" in said[0][1]


def test_a_php_that_cannot_be_asked_is_not_judged(said: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_workers, "has_pcntl", lambda _words: None)
    tell_workers([unit()])
    assert [level for level, _ in said] == ["ok"]


def test_instances_of_a_template_are_told_once(said: list[tuple[str, str]]) -> None:
    tell_workers([unit("worker@1", TimeoutStopUSec="1s"), unit("worker@2", TimeoutStopUSec="1s"), unit("other")])
    assert [text.partition(":")[0] for _, text in said] == ["systemd worker@*"]


def test_where_there_are_no_workers_nothing_is_said(said: list[tuple[str, str]]) -> None:
    tell_workers([])
    assert said == []


@pytest.mark.parametrize(("text", "found"), [("1min 30s", 90), ("10s", 10), ("500ms", 0.5), ("1h 1min", 3660), ("", 0)])
def test_a_time_is_read_as_systemctl_shows_it(text: str, found: float) -> None:
    assert seconds(text) == pytest.approx(found)
