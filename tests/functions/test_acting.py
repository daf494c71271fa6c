"""Services are acted on one after the other, and looked at until they follow; a failure says which does not, and why."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.host.failure import Failed
from tasks.host.services import post_release, service
from tasks.host.services import probe as fpm
from tasks.host.services.probe import PROBE
from tests.functions.made import Made
from tests.functions.services import RESTART, Systemd

LIVE = "/home/ftsuser/releases/source-20260102T000000Z"
DUMP = """\
NOTICE: [global]
NOTICE: \tprocess_control_timeout = 0s
NOTICE: [www]
NOTICE: \tuser = nobody
NOTICE: \tlisten = 9000
"""


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Systemd]:
    (tmp_path / "tmp").mkdir()
    systemd = Systemd(tmp_path / "systemd")
    monkeypatch.setenv("PATH", f"{systemd.shims}:{os.environ['PATH']}")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(service, "JOURNAL_DELAY", 0)
    monkeypatch.setattr(post_release, "SETTLE", 0)
    monkeypatch.setattr(post_release, "HELD_BACK", 0)
    yield systemd
    systemd.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for."""
    monkeypatch.setattr(post_release, "PATIENCE", {"restart": 0, "reload": 0})


def made(**site: Any) -> Made:
    return Made("post-release", path=LIVE, site={"release_user": "nobody", **site})


def refused(run: Made, action: str = "restart") -> str:
    """What is wrong when the worker is acted on."""
    with pytest.raises(Failed) as failed:
        post_release.act(run, "systemd", action, "worker")
    return failed.value.what


def last_words(run: Made) -> str:
    return Path(run.facts["said"]).read_text()


def test_a_restart_that_is_followed_is_proven(systemd: Systemd) -> None:
    run, before = made(), systemd.main
    post_release.act(run, "systemd", "restart", "worker")
    post_release.prove(run)
    assert (systemd.main != before, "said" in run.facts) == (True, False)
    assert [words for words in systemd.asked if not words.startswith("find")] == ["systemctl restart worker"]


@pytest.mark.usefixtures("impatient")
def test_a_restart_that_nobody_followed_is_found_out(systemd: Systemd) -> None:
    systemd.set(action="")
    run = made()
    assert f"worker: pid {systemd.main} (sleep) has run since 20" in refused(run)
    assert last_words(run) == "of restart worker\nworker.service: active (running), result success\nits journal\n"


def test_a_process_that_ends_while_it_is_looked_at_shows_nothing(systemd: Systemd) -> None:
    before = systemd.main
    systemd.set(action=f"cat >later <<'E'\n{RESTART}E")
    run = made()
    post_release.act(run, "systemd", "restart", "worker")
    assert [event for event in run.events if event[0] == "line"] == [
        ("line", "worker", f"pid {before} ended while it was looked at")
    ]


def test_a_unit_that_systemd_does_not_know_is_not_acted_on(systemd: Systemd) -> None:
    (systemd.folder / "unit").unlink()
    assert refused(made()) == "no systemd unit matches worker"
    assert systemd.asked == []


def test_an_action_that_fails_has_the_journal_in_its_last_words(systemd: Systemd) -> None:
    systemd.set(action="exit 1")
    run = made()
    assert refused(run) == "systemctl restart worker failed"
    assert "its journal" in last_words(run)


GONE = "echo 'Failed to restart work-b.service: Unit work-b.service not found.'; exit 5"


def test_a_failed_unit_of_a_glob_whose_file_is_gone_holds_up_nothing(systemd: Systemd) -> None:
    systemd.set(action=RESTART + GONE)
    post_release.act(made(), "systemd", "restart", "work*")


@pytest.mark.parametrize("more", ["echo 'Job for work-c.service failed.'", "echo 'Failed to restart c.service: Access denied'"])
def test_what_else_systemctl_says_of_a_glob_is_a_failure(systemd: Systemd, more: str) -> None:
    systemd.set(action=f"{RESTART}{more}; {GONE}")
    assert refused(made()) == "systemctl restart worker failed"


def test_an_action_that_takes_too_long_is_ended(systemd: Systemd) -> None:
    systemd.set(action="sleep 100")
    assert refused(made(step_timeout=0.5)) == "systemctl restart worker was ended after 0.5 seconds (step_timeout)"


def test_a_unit_that_had_failed_before_is_acted_on_once_more(systemd: Systemd) -> None:
    systemd.set(ActiveState="failed", action=f"[[ -e again ]] || {{ touch again; exit 1; }}; {RESTART}")
    post_release.act(made(), "systemd", "restart", "worker")
    assert [words for words in systemd.asked if not words.startswith("find")] == ["systemctl restart worker"] * 2


def test_a_unit_that_systemd_has_given_up_is_not_waited_for(systemd: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(seconds: float) -> None:
        assert not seconds, "it was waited for"

    systemd.set(action="echo failed >ActiveState")
    monkeypatch.setattr(time, "sleep", sleep)
    assert refused(made()).startswith("worker: worker.service is failed")


@pytest.mark.parametrize("name", ["nginx", "php-fpm8.2"])
def test_a_configuration_that_would_not_start_stops_before_the_action(systemd: Systemd, name: str) -> None:
    systemd.runs(systemd.program(name, "echo bad line 7; exit 1"), "--nodaemonize")
    run = made()
    assert refused(run, "reload").endswith("refuses its configuration, so it was left as it runs")
    assert last_words(run) == "bad line 7\n"
    assert not [words for words in systemd.asked if words.startswith("systemctl")]


def test_what_starts_and_ends_again_and_again_has_not_followed(systemd: Systemd) -> None:
    run = made()
    post_release.act(run, "systemd", "restart", "worker")
    systemd.set(restless="")
    with pytest.raises(Failed, match="worker: it starts and ends again and again"):
        post_release.prove(run)
    assert "its journal" in last_words(run)


def test_what_ends_once_and_is_started_anew_is_well(systemd: Systemd) -> None:
    run = made()
    post_release.act(run, "systemd", "restart", "worker")
    systemd.set(NRestarts="1")
    post_release.prove(run)


def test_the_last_look_is_at_all_services(systemd: Systemd, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made()
    post_release.act(run, "systemd", "restart", "worker")
    monkeypatch.setattr(post_release, "PATIENCE", {"restart": 0, "reload": 0})
    systemd.set(ActiveState="inactive", SubState="dead")
    with pytest.raises(Failed, match=r"worker: worker\.service is inactive \(dead\)"):
        post_release.prove(run)


@pytest.mark.usefixtures("systemd")
def test_the_last_look_waits_until_the_service_has_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    run, slept = made(), list[float]()
    post_release.act(run, "systemd", "restart", "worker")
    monkeypatch.setattr(post_release, "SETTLE", 10_000)
    monkeypatch.setattr(time, "sleep", slept.append)
    post_release.prove(run)
    assert [9_000 < seconds < 10_000 for seconds in slept] == [True]


class Fpm:
    """The unit is a php-fpm with one pool, which gives the answer that a test has it give."""

    def __init__(self, systemd: Systemd, answer: str) -> None:
        systemd.runs(systemd.program("php-fpm8.2", f"cat <<'E'\n{DUMP}\nE"), "--nodaemonize --fpm-config /etc/fpm.conf")
        systemd.program("php", f"echo '{answer}'")


@pytest.fixture
def probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the probe is installed."""
    place = tmp_path / "lib/php-fpm.php"
    monkeypatch.setattr(fpm, "PLACE", str(place))
    monkeypatch.setattr(fpm, "INSTALL", ["install", "-D", "-m", "644", "/dev/stdin", str(place)])
    return place


def test_php_fpm_is_asked_by_a_probe_that_is_installed_first(systemd: Systemd, probe: Path) -> None:
    Fpm(systemd, f'{{"live": "{LIVE}", "others": {{}}}}')
    post_release.act(made(), "systemd", "restart", "worker")
    assert probe.read_text() == PROBE
    assert [words.split()[0] for words in systemd.asked if not words.startswith("find")] == [
        *(str(systemd.shims / "php-fpm8.2"), "install", "php", "systemctl", "php")
    ]


@pytest.mark.usefixtures("impatient", "probe")
@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ('{"live": "/home/ftsuser/releases/source-20260101T000000Z", "others": {}}', "the pool www of php-fpm8.2 resolves"),
        ('{"live": "", "others": {}}', "its user cannot read"),
        (f'{{"live": "{LIVE}", "others": {{"source-20260101T000000Z": 3}}}}', "still runs code of source-20260101T000000Z"),
        ("PHP Fatal error", "gave no answer: something else came"),
        ("[]", "gave no answer: something else came"),
    ],
)
def test_what_a_pool_answers_decides(systemd: Systemd, answer: str, what: str) -> None:
    Fpm(systemd, answer)
    assert what in refused(made())


@pytest.mark.usefixtures("impatient", "probe")
def test_what_a_pool_prints_instead_is_for_the_release_user_to_mask(systemd: Systemd) -> None:
    Fpm(systemd, "Fatal: s3cr3t-of-the-site")
    run = made()
    assert "s3cr3t" not in refused(run)
    assert "s3cr3t" not in str([event for event in run.events if event[:2] != ("fact", "said")])
    (path,) = [event[2] for event in run.events if event[:2] == ("fact", "said")]
    assert "s3cr3t-of-the-site" in Path(path).read_text()


@pytest.mark.usefixtures("probe")
def test_code_of_another_release_that_nobody_uses_any_more_does_no_harm(systemd: Systemd) -> None:
    Fpm(systemd, f'{{"live": "{LIVE}", "others": {{"source-20260101T000000Z": 3}}}}')
    post_release.act(made(), "systemd", "restart", "worker")
