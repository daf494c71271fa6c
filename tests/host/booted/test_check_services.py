"""check on a real host: sudo, systemd, supervisor, what root runs of a release, and how workers end."""

from typing import Any

import pytest

from tests.host.booted.spoiling import Checks, Spoilt, each_of
from tests.support.booted import Booted
from tests.support.shop import HOME, Shop

LIVE, UNITS, PROGRAMS = f"{HOME}/source", "/etc/systemd/system", "/etc/supervisor/conf.d"
CONSUME = "/usr/bin/php bin/console messenger:consume async"
HEARS_NOTHING = CONSUME.replace("/usr/bin/php", "/usr/local/bin/php8.2")
DEAF = """printf '#!/bin/sh
[ "$1" != -m ] || { /usr/bin/php -m | grep -v pcntl; exit; }
exec /usr/bin/php "$@"
' >/usr/local/bin/php8.2; chmod 755 /usr/local/bin/php8.2"""
NO_SYSTEMCTL = "printf '#!/bin/sh\\nexit 1\\n' >/usr/local/bin/systemctl; chmod 755 /usr/local/bin/systemctl"


def service(**keys: str) -> dict[str, Any]:
    """A service of hosts.yml more."""
    return {"services": [keys]}


def unit(name: str, *lines: str) -> tuple[str, str]:
    """How a unit comes to be there, and goes."""
    words = " ".join(f"'{line}'" for line in ("[Service]", *lines))
    return (
        f"printf '%s\\n' {words} >{UNITS}/{name}.service; systemctl daemon-reload",
        f"systemctl stop {name}; rm -r {UNITS}/{name}.service*; systemctl daemon-reload",
    )


def drop_in(name: str, line: str) -> tuple[str, str]:
    """How a unit gets a line more, and loses it."""
    place = f"{UNITS}/{name}.service.d"
    return (
        f"mkdir {place}; printf '[Service]\\n{line}\\n' >{place}/x.conf; systemctl daemon-reload",
        f"rm -r {place}; systemctl daemon-reload",
    )


def program(name: str, *lines: str, update: bool = False) -> tuple[str, str]:
    """How a program of supervisor comes to be there, and goes."""
    words = " ".join(f"'{line}'" for line in (f"[program:{name}]", "autostart=false", *lines))
    told = "; supervisorctl update" if update else ""
    return f"printf '%s\\n' {words} >{PROGRAMS}/{name}.conf{told}", f"rm {PROGRAMS}/{name}.conf{told}"


GROUPS = {
    "services": [
        Spoilt("no systemd unit matches nginks", "fail", keys=service(systemd="nginks"), todo="list-units"),
        Spoilt(
            "systemd mute cannot reload",
            "fail",
            *unit("mute", "ExecStart=/usr/bin/sleep 100"),
            "leave out action: reload",
            service(systemd="mute", action="reload"),
        ),
        Spoilt(
            "systemd idle is inactive, and only one that runs can reload",
            "fail",
            *unit("idle", "ExecStart=/usr/bin/sleep 100", "ExecReload=/usr/bin/true"),
            "sudo systemctl start idle",
            service(systemd="idle", action="reload"),
        ),
        Spoilt(
            "systemd masked cannot be started: it is masked",
            "fail",
            f"ln -s /dev/null {UNITS}/masked.service; systemctl daemon-reload",
            f"rm {UNITS}/masked.service; systemctl daemon-reload",
            "sudo systemctl status masked",
            service(systemd="masked"),
        ),
        Spoilt(
            "systemd failing has failed",
            "warn",
            f"{unit('failing', 'ExecStart=/usr/bin/false')[0]}; systemctl start --wait failing || true",
            f"systemctl reset-failed failing; {unit('failing')[1]}",
            "sudo systemctl status failing",
            service(systemd="failing"),
        ),
        Spoilt(
            "requests to dossier-api (127.0.0.1:8001) are lost while it restarts",
            "warn",
            todo="systemd socket",
            keys=service(systemd="dossier-api"),
        ),
        Spoilt(
            "requests to php8.2-fpm are lost while it restarts",
            "warn",
            todo="action: reload",
            keys=service(systemd="php8.2-fpm"),
        ),
        Spoilt("requests to nginx are lost while it restarts", "warn", todo="action: reload", keys=service(systemd="nginx")),
        Spoilt("supervisor knows no program nobody", "fail", keys=service(supervisor="nobody"), todo="correct services"),
        Spoilt(
            "supervisor releases is there, and does not run",
            "warn",
            "supervisorctl stop releases",
            "supervisorctl start releases",
            "status",
            service(supervisor="releases"),
        ),
        Spoilt(
            "supervisor knows no program many",
            "fail",
            *program(
                "many",
                "command=/bin/true",
                "user=ftsuser",
                "numprocs=2",
                "process_name=%%(program_name)s_%%(process_num)d",
                update=True,
            ),
            "write {supervisor: 'many:*'}",
            service(supervisor="many"),
        ),
        Spoilt(
            "supervisor has not read its files since unread was written",
            "fail",
            *program("unread", "command=/bin/true", "user=ftsuser"),
            "sudo supervisorctl update",
            service(supervisor="unread"),
        ),
        Spoilt(
            f"supervisor rooted runs {LIVE}/bin/console as root, and ftsuser can write {HOME}",
            "fail",
            *program("rooted", f"command=php {LIVE}/bin/console about"),
            "set user= in its file",
        ),
        Spoilt(
            f"systemd rooted runs {LIVE}/bin/console as root",
            "fail",
            *unit("rooted", f"ExecStart=/usr/bin/php {LIVE}/bin/console about"),
            "set User= in the unit",
        ),
        Spoilt(
            f"systemd helper runs {LIVE}/bin/console as ubuntu, who may use sudo",
            "warn",
            *unit("helper", "User=ubuntu", f"ExecStart=/usr/bin/php {LIVE}/bin/console about"),
            "set User= in the unit",
        ),
        Spoilt(
            f"systemd owned runs {HOME}/own-worker as root, and ftsuser can write {HOME}",
            "fail",
            f"cp /bin/true {HOME}/own-worker; {unit('owned', f'ExecStart={HOME}/own-worker')[0]}",
            f"rm {HOME}/own-worker; {unit('owned')[1]}",
            "a file that is root's",
        ),
        Spoilt(
            f"root writes {LIVE}/var/log/logged.log, and ftsuser can write {HOME}",
            "warn",
            *program("logged", "command=/bin/true", "user=ftsuser", f"stdout_logfile={LIVE}/var/log/logged.log"),
            "/var/log",
        ),
        Spoilt(
            f"systemd there runs {LIVE} as root",
            "fail",
            *unit("there", "ExecStart=/usr/bin/php x", f"WorkingDirectory={LIVE}"),
            "User=",
        ),
        Spoilt(
            f"systemd before runs {LIVE}/bin/prepare as root",
            "fail",
            *unit("before", "User=ftsuser", "ExecStart=/usr/bin/sleep 1", f"ExecStartPre=+{LIVE}/bin/prepare"),
            "User=",
        ),
        Spoilt(
            "systemd messenger-worker@*: a message that takes more than 2s is killed",
            "warn",
            *drop_in("messenger-worker@", "TimeoutStopSec=2"),
            "TimeoutStopSec=60",
        ),
        Spoilt(
            "systemd endless: one that hangs holds a restart up for ever",
            "warn",
            *unit("endless", "User=ftsuser", f"WorkingDirectory={LIVE}", f"ExecStart={CONSUME}", "TimeoutStopSec=infinity"),
            "TimeoutStopSec=60",
        ),
        Spoilt(
            "systemd killed: it gets signal 9",
            "warn",
            *unit("killed", "User=ftsuser", f"WorkingDirectory={LIVE}", f"ExecStart={CONSUME}", "KillSignal=SIGKILL"),
            "leave the signal out",
        ),
        Spoilt(
            "systemd deaf: its PHP has no pcntl",
            "warn",
            f"{DEAF}; {unit('deaf', 'User=ftsuser', f'WorkingDirectory={LIVE}', f'ExecStart={HEARS_NOTHING}')[0]}",
            f"{unit('deaf')[1]}; rm /usr/local/bin/php8.2",
            "php -m",
        ),
        Spoilt(
            "supervisor consume: a message that takes more than 10 s is killed at each restart (stopwaitsecs)",
            "warn",
            *program("consume", f"command={CONSUME}", f"directory={LIVE}", "user=ftsuser"),
            "stopwaitsecs = 60",
        ),
        Spoilt(
            "supervisor shell: its shell gets the signal, and the worker does not",
            "warn",
            *program("shell", f'command=bash -c "{CONSUME}"', f"directory={LIVE}", "user=ftsuser", "stopwaitsecs=60"),
            "stopasgroup = true",
        ),
    ],
    "without sudo": [
        Spoilt(
            "sudo refuses ubuntu this command: supervisorctl -c /etc/supervisor/supervisord.conf restart releases",
            "fail",
            "cp -a /etc/sudoers.d/ubuntu /srv; echo 'ubuntu ALL=(root) NOPASSWD: /usr/bin/systemctl' >/etc/sudoers.d/ubuntu",
            "cp -a /srv/ubuntu /etc/sudoers.d",
            "NOPASSWD",
            service(supervisor="releases"),
        ),
        Spoilt("supervisor knows no program stranger", "fail", keys=service(supervisor="stranger"), todo="correct services"),
        Spoilt(
            "systemd does not answer ubuntu",
            "warn",
            NO_SYSTEMCTL,
            "rm /usr/local/bin/systemctl",
            "list-units",
            service(systemd="nginx"),
        ),
    ],
    "without supervisor": [
        Spoilt(
            "supervisor releases: there is no supervisor on this host",
            "fail",
            "mv /etc/supervisor /etc/x; mv /usr/bin/supervisorctl /usr/bin/x",
            "mv /etc/x /etc/supervisor; mv /usr/bin/x /usr/bin/supervisorctl",
            "apt-get install supervisor",
            service(supervisor="releases"),
        ),
    ],
}


@pytest.fixture(scope="module")
def checks(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Checks:
    """What check says of a host with the shop, live, while it is spoilt."""
    shop = Shop(booted, tmp_path_factory.mktemp("shop")).set_up()
    shop.deploy()
    return Checks(shop, GROUPS)


@each_of(GROUPS)
def test_what_is_wrong_has_a_line_of_its_own(checks: Checks, group: str, spoilt: Spoilt) -> None:
    checks.assert_said(group, spoilt)
