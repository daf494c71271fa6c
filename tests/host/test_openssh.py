"""Against a real OpenSSH: how many connections and sessions, whose key, and what else a login shell may say."""

import json

import pytest

from tests.support.acme import Acme

MANY = {f"app{number}": {"path": ".", "bootstrap": ["true"] * 8} for number in range(6)}


def logins(acme: Acme, *words: str) -> tuple[int, int]:
    """Connections and sessions of a run of fab, as sshd counts them."""
    before = len(acme.host.log())
    acme.fab(*words)
    said = acme.host.log()[before:]
    return said.count("Accepted publickey"), said.count("Starting session")


def test_deploy_takes_one_connection_of_each_user(acme: Acme) -> None:
    assert logins(acme, "deploy", "--ref", "master")[0] == 2
    log = acme.host.log()
    assert "Accepted publickey for ubuntu" in log


def test_deploy_without_services_takes_one_connection(acme: Acme) -> None:
    acme.write(services=[])
    assert logins(acme, "deploy", "--ref", "master")[0] == 1


def test_sessions_do_not_grow_with_apps_commands_and_steps(acme: Acme) -> None:
    few = logins(acme, "deploy", "--ref", "master")
    acme.write(apps=MANY, publish=["true"] * 9, verify=["true"] * 9, services=[{"run": "true"}] * 9)
    assert logins(acme, "deploy", "--ref", "master") == few


def test_a_host_that_has_lost_what_it_kept_is_sent_the_whole_program(acme: Acme) -> None:
    acme.fab("release", "--ref", "master")
    assert logins(acme, "status") == (1, 1)
    acme.host.sh("rm builds/*/program-*", "ftsuser")
    assert logins(acme, "status") == (1, 2)
    acme.fab("release", "--ref", "master")
    assert logins(acme, "status") == (1, 1)


def test_unknown_host_key_is_refused_with_its_fingerprint(acme: Acme) -> None:
    acme.host.known_hosts_file.write_text("")
    said = acme.fab("status", code=7).err
    assert "unknown host key" in said
    assert acme.host.fingerprint() in said


def test_changed_host_key_is_refused_before_any_login(acme: Acme) -> None:
    before = acme.host.log().count("Accepted")
    acme.host.know(acme.host.identity_file.with_suffix(".pub").read_text())
    said = acme.fab("deploy", "--ref", "master", code=7).err
    assert "CHANGED" in said
    assert acme.host.fingerprint() in said
    assert acme.host.log().count("Accepted") == before


def test_key_that_the_host_refuses_is_named(acme: Acme) -> None:
    acme.host.sh("rm .ssh/authorized_keys", "ftsuser")
    assert "could not log in" in acme.fab("status", code=7).err


def test_service_user_that_cannot_log_in_stops_a_deploy_before_anything_is_written(acme: Acme) -> None:
    acme.host.sh("mv .ssh .ssh.away", "ubuntu")
    before = acme.host.snapshot()
    acme.deploy(code=7)
    assert acme.host.snapshot() == before


@pytest.fixture
def noisy(acme: Acme) -> Acme:
    """A host that greets whoever comes, and whose users' shells talk."""
    acme.host.write("/etc/ssh/banner", "*** AUTHORISED USE ONLY ***\n", "root")
    for user in ("ftsuser", "ubuntu"):
        acme.host.write(f"/home/{user}/.bashrc", "echo hello $USER\necho careful >&2\nprintf '\\033]0;$USER\\007'\n", user)
    return acme


def test_banner_and_noisy_bashrc_do_not_disturb_a_deploy(noisy: Acme) -> None:
    noisy.deploy()
    assert noisy.page() == "first"


def test_noise_is_not_in_a_json_document(noisy: Acme) -> None:
    assert "hello ftsuser" in noisy.host.over_ssh("true")
    assert set(json.loads(noisy.fab("status", "--json").out)) == {"environment", "hosts"}


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/dash"])
def test_login_shell_need_not_be_bash(acme: Acme, shell: str) -> None:
    acme.host.sh(f"usermod --shell {shell} ftsuser && usermod --shell {shell} ubuntu")
    acme.deploy()
    assert acme.page() == "first"


@pytest.mark.parametrize("daemon", ["sleep 600 &", "setsid sleep 600 &", "nohup sleep 600 2>&1 &", "(sleep 600 & exec 3>&1) &"])
def test_daemon_of_a_build_that_holds_its_output_open_does_not_hold_a_deploy(acme: Acme, daemon: str) -> None:
    acme.write(apps={"web": {"bootstrap": [f"{daemon} echo started"]}})
    acme.deploy()
    assert acme.page() == "first"
    assert "sleep 600" in acme.host.processes()


def test_daemon_of_a_build_does_not_keep_the_lock(acme: Acme) -> None:
    acme.write(apps={"web": {"bootstrap": ["setsid sleep 600 & echo started"]}})
    acme.deploy()
    acme.deploy()
    assert acme.host.processes().count("sleep 600") == 2


def test_daemon_of_a_run_service_does_not_hold_a_deploy(acme: Acme) -> None:
    acme.write(services=[{"run": "setsid sleep 600 & echo started"}])
    acme.deploy()
    assert "sleep 600" in acme.host.processes("ubuntu")
