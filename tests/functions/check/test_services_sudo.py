"""check: what sudo allows the service user: post-release's commands, the proof's, and the question to supervisorctl."""

import shlex

import pytest

from tasks.host.check import sudo
from tasks.phases.check import check_services
from tests.functions.check.conftest import lines
from tests.functions.check.service_host import NGINX, ServiceHost, web_host
from tests.functions.made import Made
from tests.support.lines import Lines, reported
from tests.unit.made import environment

site = pytest.fixture(web_host)


@pytest.mark.parametrize(("user", "line"), [("root", "sudo php -v"), ("www-data", "sudo -u www-data php -v")])
def test_a_command_that_sudo_allows_is_shown_as_it_is_typed(site: ServiceHost, user: str, line: str) -> None:
    (site.units / "allowed").touch()
    run = Made("check-services")
    sudo.check_sudo(run, ["php", "-v"], user)
    assert reported(run.events) == Lines((line,), (), ())


SAYS = {
    "sudo: sorry, you must have a tty to run sudo": "!requiretty",
    "sudo: php: command not found": "secure_path",
    "sudo: a password is required": "put it into the sudoers of",
    "sudo: unable to resolve host web1\nSorry, user ubuntu may not run sudo on web1.": "put it into the sudoers of",
}


@pytest.mark.parametrize(("words", "todo"), SAYS.items(), ids=SAYS.values())
def test_sudos_own_reason_is_shown_with_advice_that_fits(site: ServiceHost, words: str, todo: str) -> None:
    site.host.program("sudo", f"printf '%s\\n' {shlex.quote(words)} >&2; exit 1")
    run = Made("check-services")
    sudo.check_sudo(run, ["php", "-v"])
    (failed,) = reported(run.events).fail
    text, _, advice = failed.partition(" -> ")
    assert text.endswith(f"this command: php -v; it says: {words.splitlines()[-1]}")
    assert todo in advice


def test_a_refusal_without_a_word_has_no_reason(site: ServiceHost) -> None:
    site.host.program("sudo", "exit 1")
    run = Made("check-services")
    sudo.check_sudo(run, ["php", "-v"])
    (failed,) = reported(run.events).fail
    assert failed.partition(" -> ")[0].endswith("this command: php -v")


def sudo_lines(*services: dict[str, str]) -> Lines:
    """The lines about what sudo allows of the proof."""
    there = environment(services=list(services))
    return lines(check_services(there), there, "sudo of the proof")


@pytest.mark.parametrize("allowed", [True, False])
def test_each_command_of_the_proof_is_tried_once(site: ServiceHost, allowed: bool) -> None:
    if allowed:
        (site.units / "allowed").touch()
    found = sudo_lines(NGINX, {"systemd": "nginx"})
    tried = " ".join(found.fail if found.bad else found.ok).replace("'", "").split()
    assert (tried.count("-mindepth"), tried.count("-t"), len(found.bad) > 0) == (1, 1, not allowed)


@pytest.mark.parametrize("lack", ["CanStart", "CanStop"])
def test_a_unit_that_refuses_to_be_restarted_by_hand_fails(site: ServiceHost, lack: str) -> None:
    (site.units / "allowed").touch()
    site.unit("api", **{"CanStart": "yes", "CanStop": "yes", lack: "no"})
    (failed,) = sudo_lines({"systemd": "api"}).fail
    assert failed.startswith("systemd api.service refuses to be started or stopped by hand, and so a restart -> sudo systemctl")


def test_a_host_that_hides_processes_cannot_prove_anything(site: ServiceHost, monkeypatch: pytest.MonkeyPatch) -> None:
    (site.units / "allowed").touch()
    monkeypatch.setattr(sudo, "hidden", lambda: True)
    (failed,) = sudo_lines(NGINX).fail
    assert failed.startswith("the processes of others are hidden on this host")


@pytest.mark.parametrize(
    ("code", "level", "why"),
    [
        ("0", "ok", "supervisor releases"),
        ("3", "warn", "supervisor releases is there, and does not run"),
        ("4", "fail", "supervisor knows no program releases"),
    ],
)
def test_supervisorctl_is_asked_where_sudo_allows_that(site: ServiceHost, code: str, level: str, why: str) -> None:
    (site.units / "allowed").write_text(code)
    found = site.checked({"supervisor": "releases"})
    assert [each for each in getattr(found, level) if each.startswith(why)]
