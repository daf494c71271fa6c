"""The service user's sudo: every exact command of post-release is tried before anything is written, and none ever asks."""

from pathlib import Path

import pytest

from tasks.host.services.sudo import is_free
from tests.support.acme import KEYS, Acme
from tests.support.sshd import Host

EXACT = (
    "/usr/local/bin/systemctl reload php8.2-fpm",
    r"/usr/local/bin/systemctl restart messenger-worker@\*",
    "/usr/local/bin/supervisorctl restart releases",
    "/usr/local/bin/purge --all now",
    "/usr/local/bin/supervisorctl status releases",
    r"/usr/bin/find /proc -mindepth 2 -maxdepth 2 -name \[ce\]\[wx\]\[de\] -printf %l/// -print0",
)
ANY = "ubuntu ALL=(root) NOPASSWD: /usr/bin/id"
RULES = {
    "nothing": [],
    "all": ["ubuntu ALL=(ALL:ALL) NOPASSWD: ALL"],
    "all, asking": ["ubuntu ALL=(ALL:ALL) ALL"],
    "all, asking, but for another": ["ubuntu ALL=(ALL:ALL) ALL", ANY],
    "all, asking, but for this": ["ubuntu ALL=(ALL:ALL) ALL", "ubuntu ALL=(root) NOPASSWD: /usr/bin/wc /etc/passwd"],
    "this, then all, asking": ["ubuntu ALL=(root) NOPASSWD: /usr/bin/wc /etc/passwd", "ubuntu ALL=(ALL:ALL) ALL"],
    "any arguments": ["ubuntu ALL=(ALL:ALL) ALL", "ubuntu ALL=(root) NOPASSWD: /usr/bin/wc"],
    "other arguments": ["ubuntu ALL=(ALL:ALL) ALL", "ubuntu ALL=(root) NOPASSWD: /usr/bin/wc /etc/shadow"],
    "a glob": ["ubuntu ALL=(ALL:ALL) ALL", "ubuntu ALL=(root) NOPASSWD: /usr/bin/w? /etc/pass*"],
    "an alias": [
        "Cmnd_Alias COUNT = /usr/bin/id, /usr/bin/wc",
        "ubuntu ALL=(ALL:ALL) ALL",
        "ubuntu ALL=(root) NOPASSWD: COUNT",
    ],
    "both tags in one rule": [f"{ANY}, PASSWD: /usr/bin/wc"],
    "a default": ["Defaults:ubuntu !authenticate", "ubuntu ALL=(ALL:ALL) ALL"],
    "a group": ["%ubuntu ALL=(ALL:ALL) ALL", ANY],
}
SERVICES = [*KEYS["services"], {"run": "sudo purge --all 'now'"}]


@pytest.fixture
def strict(acme: Acme) -> Acme:
    """The site, with a command of its own among its services, and a sudo that knows exact commands only."""
    acme.host.write("/usr/local/bin/purge", "#!/bin/sh\necho purged >>/run/purged\n", "root", "755")
    acme.write(services=SERVICES)
    allow(acme, *EXACT)
    return acme


def allow(acme: Acme, *commands: str) -> None:
    """The sudoers of ubuntu: these commands, without a password."""
    acme.host.sudoers([f"ubuntu ALL=(root) NOPASSWD: {command}" for command in commands])


def refused(acme: Acme, *words: str) -> str:
    """What is said to these words, which must end with 3 and change nothing at all on the host."""
    before = acme.host.snapshot()
    said = acme.fab(*words, code=3).err
    assert acme.host.snapshot() == before
    return said


def test_exact_sudoers_are_enough_for_a_deploy(strict: Acme) -> None:
    strict.deploy()
    assert (strict.host.starts("messenger-worker@2.service"), strict.host.sh("cat /run/purged")) == (1, "purged")


def test_exact_sudoers_are_enough_for_check(strict: Acme) -> None:
    assert "FAIL" not in strict.fab("check").out


@pytest.mark.parametrize("missing", range(len(EXACT)))
def test_one_command_that_sudo_refuses_stops_a_deploy_before_anything_is_written(strict: Acme, missing: int) -> None:
    allow(strict, *(command for command in EXACT if command != EXACT[missing]))
    said = refused(strict, "deploy", "--ref", "master")
    assert Path(EXACT[missing].split()[0]).name in said
    assert "sudoers" in said


@pytest.mark.parametrize("verb", ["rollback", "post-release"])
def test_refused_sudo_is_a_warning_to_the_way_back_and_fails_where_it_is_needed(strict: Acme, verb: str) -> None:
    strict.deploy()
    before = strict.live
    strict.deploy()
    allow(strict, *EXACT[1:])
    said = strict.fab(verb, code=4).err
    assert "sudo refuses ubuntu this command: systemctl reload php8.2-fpm" in said
    assert (strict.live == before) == (verb == "rollback")


def test_check_names_the_command_that_sudo_refuses(strict: Acme) -> None:
    allow(strict, *EXACT[:2], *EXACT[3:])
    assert "supervisorctl" in next(line for line in strict.fab("check", code=3).out.splitlines() if "FAIL" in line)


@pytest.mark.parametrize("words", [("check",), ("deploy", "--ref", "master")], ids=" ".join)
def test_sudo_that_wants_a_password_is_refused_and_never_waited_for(strict: Acme, words: tuple[str, ...]) -> None:
    strict.host.sudoers(["ubuntu ALL=(ALL:ALL) ALL"])
    assert "sudo refuses ubuntu" in strict.fab(*words, code=3).said


@pytest.mark.parametrize("words", [("check",), ("deploy", "--ref", "master")], ids=" ".join)
def test_one_command_that_wants_a_password_counts_as_refused(strict: Acme, words: tuple[str, ...]) -> None:
    free = ", ".join(EXACT[1:])
    strict.host.sudoers([f"ubuntu ALL=(root) {EXACT[0]}", f"ubuntu ALL=(root) NOPASSWD: {free}"])
    assert "php8.2-fpm" in strict.fab(*words, code=3).said


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_asking_sudo_answers_what_running_it_would(host: Host, rules: list[str]) -> None:
    host.sudoers(rules)
    runs = host.run("sudo -n wc /etc/passwd", "ubuntu").returncode == 0
    listed = host.run("LC_ALL=C sudo -n -ll", "ubuntu").stdout.splitlines()
    asked = host.run("sudo -n -l -u root -- wc /etc/passwd", "ubuntu")
    assert (asked.returncode == 0 and is_free(listed, "root", asked.stdout.strip())) == runs


def test_password_in_the_midst_of_a_run_service_fails_it_at_once(acme: Acme) -> None:
    acme.write(services=[{"run": "true && sudo id"}])
    acme.host.sudoers(["ubuntu ALL=(ALL:ALL) ALL"])
    assert "sudo" in acme.deploy(code=4).err
    assert acme.host.processes("ubuntu") == []


def test_release_user_needs_no_sudo(acme: Acme) -> None:
    assert acme.host.run("sudo -n true", "ftsuser").returncode == 1
    acme.deploy()
    assert acme.page() == "first"


@pytest.mark.parametrize(
    ("default", "reason", "advice"),
    [
        ("Defaults requiretty", "you must have a tty to run sudo", "!requiretty"),
        ('Defaults secure_path="/usr/bin"', "command not found", "secure_path"),
    ],
)
def test_why_sudo_refuses_is_shown_with_advice_that_fits(strict: Acme, default: str, reason: str, advice: str) -> None:
    strict.host.sudoers([default, "ubuntu ALL=(ALL) NOPASSWD: ALL"])
    said = refused(strict, "deploy", "--ref", "master")
    assert reason in said
    assert advice in said
