"""Nothing that ftsuser can write is run by ubuntu or root, what is meant for ftsuser stays there, and no secret is seen."""

from pathlib import Path

import pytest

from tests.support.acme import KEYS, SECRET, Acme
from tests.support.fab import finish, until

TRAPPED = (
    "bash", "cat", "curl", "date", "env", "find", "flock", "git", "id", "kill", "mv", "python3", "readlink", "realpath", "sh",
    "stat", "sudo", "supervisorctl", "systemctl", "tail", "timeout",
)  # fmt: skip
TRAP = '#!/usr/bin/bash -p\n/usr/bin/id -un >>/tmp/sprung\nPATH=${PATH#*/bin:} exec "${0##*/}" "$@"\n'


@pytest.fixture
def trapped(acme: Acme) -> Acme:
    """A home that all may enter, with traps in its bin, before PATH in hosts.yml, and in every file that a shell may read."""
    for name in TRAPPED:
        acme.host.write(f"/home/ftsuser/bin/{name}", TRAP, mode="755")
    for name in (".bashrc", ".profile", ".bash_env", "sitecustomize.py"):
        acme.host.write(f"/home/ftsuser/{name}", "/usr/bin/id -un >>/tmp/sprung\n" if name != "sitecustomize.py" else "1/0\n")
    acme.host.sh("chmod 755 /home/ftsuser; install -m 666 /dev/null /tmp/sprung")
    acme.write(path=["~/bin"], env={"BASH_ENV": "/home/ftsuser/.bash_env"}, services=[*KEYS["services"], {"run": "true"}])
    return acme


def test_nothing_that_release_user_can_write_is_run_by_another(trapped: Acme) -> None:
    trapped.deploy()
    trapped.fab("rollback", "--to", _deployed_again(trapped))
    assert set(trapped.host.sh("cat /tmp/sprung").split()) == {"ftsuser"}


def _deployed_again(acme: Acme) -> str:
    """The release that was live before another deploy."""
    before = acme.live
    acme.deploy()
    return before


def test_path_of_hosts_yml_comes_before_release_users_own(acme: Acme) -> None:
    acme.write(path=["~/bin", "/opt/tools"], apps={"web": {"bootstrap": ["echo $PATH >path"]}})
    acme.deploy()
    assert acme.host.sh("cat source/path", "ftsuser").startswith("/home/ftsuser/bin:/opt/tools:/usr/local/bin:")


def test_service_users_commands_have_that_users_own_environment(acme: Acme) -> None:
    acme.write(path=["~/bin"], env={"APP_ENV": "prod"}, services=[{"run": "env >/tmp/environment"}])
    acme.deploy()
    found = dict(line.partition("=")[::2] for line in acme.host.sh("cat /tmp/environment").splitlines())
    assert (found["HOME"], found["USER"]) == ("/home/ubuntu", "ubuntu")
    assert found["PATH"] == "/usr/local/bin:/usr/bin:/bin:/usr/games"
    assert "APP_ENV" not in found


def test_service_users_commands_run_in_that_users_home(acme: Acme) -> None:
    acme.write(services=[{"run": "pwd >/tmp/place"}])
    acme.deploy()
    assert acme.host.sh("cat /tmp/place") == "/home/ubuntu"


@pytest.fixture
def watched(acme: Acme) -> set[str]:
    """Every line of `ps` that was seen on the host in a deploy whose build prints its secret."""
    acme.write(
        apps={"web": {"bootstrap": ["cat .env.local; touch /tmp/seen; until [ -e /tmp/enough ]; do sleep 0.1; done"]}},
        services=[{"run": "touch /tmp/seen; sleep 0.5"}],
    )
    run = acme.start("deploy", "--ref", "master")
    seen = set()
    until(lambda: acme.host.run("test -e /tmp/seen").returncode == 0, run)
    seen.update(acme.host.sh("ps -eww -o user=,args= e").splitlines())
    acme.host.sh("rm /tmp/seen; touch /tmp/enough")
    while run.poll() is None:
        seen.update(acme.host.sh("ps -eww -o user=,args= e").splitlines())
    finish(run, 0)
    return seen


def test_ps_shows_no_secret(watched: set[str]) -> None:
    assert any("LIVE_LINK_NAME" in line for line in watched)
    assert not [line for line in watched if SECRET in line]


def test_no_secret_is_in_a_log_a_record_or_the_terminal(acme: Acme) -> None:
    acme.write(apps={"web": {"bootstrap": ["cat .env.local"]}})
    said = acme.deploy().said + acme.fab("logs").said + acme.fab("history", "--json").out
    assert "****" in said
    assert SECRET not in said
    found = acme.host.sh(f"grep -rl {SECRET} /home /tmp /run /var/log /srv/origin.git").splitlines()
    assert {Path(name).name for name in found} == {".env.local"}
