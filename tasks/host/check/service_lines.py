"""What becomes of a service in post-release: what would be refused, and which requests would be lost."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tasks.host.check.search import which
from tasks.host.check.service_files import listened_paths, listeners

if TYPE_CHECKING:
    from tasks.host.check.service_files import Runs, Supervisor
    from tasks.host.run import Run

LISTENS = re.compile(r"(?:php-fpm|nginx|apache2?|httpd|caddy|frankenphp|haproxy|varnishd)[\d.]*")
RUNS, STOPPED, UNKNOWN_NAME = 0, 3, 4
"""Exit codes of supervisorctl status."""


def check_state(run: Run, unit: Runs, action: str) -> None:
    """What would systemctl refuse to do with a unit?"""
    about, systemctl = unit.about, "sudo systemctl "
    if about.get("LoadState", "loaded") != "loaded":
        run.report.bad(f"{unit.label} cannot be started: it is {about['LoadState']}", f"{systemctl}status {unit.name}")
    elif action == "reload" and about.get("CanReload") == "no":
        todo = "leave out action: reload in services of hosts.yml, or give the unit an ExecReload"
        run.report.bad(f"{unit.label} cannot reload", todo)
    elif action == "reload" and about.get("ActiveState") not in ("active", "reloading", None):
        text = f"{unit.label} is {about['ActiveState']}, and only one that runs can reload"
        run.report.bad(text, f"{systemctl}start {unit.name}")
    elif about.get("ActiveState") == "failed":
        run.report.doubt(f"{unit.label} has failed", f"{systemctl}status {unit.name}")


def check_program(run: Run, name: str, status: int | None, supervisor: Supervisor) -> None:
    """Is there such a program? supervisorctl knows; where sudo does not allow it, and `status` is None, its files do."""
    look = f"sudo supervisorctl status {name}"
    if status == STOPPED:
        run.report.doubt(f"supervisor {name} is there, and does not run", look)
    elif status == RUNS or (status is None and supervisor.has(name)):
        run.report.ok(f"supervisor {name}")
    elif supervisor.has(name):
        run.report.bad(f"supervisor has not read its files since {name} was written", "sudo supervisorctl update")
    elif status == UNKNOWN_NAME or supervisor.programs:
        meant = supervisor.meant(name)
        correct = "sudo supervisorctl status, then correct services in hosts.yml"
        todo = f"write {{supervisor: '{meant}'}} in hosts.yml" if meant else correct
        run.report.bad(f"supervisor knows no program {name}", todo)
    elif which("supervisorctl", os.environ.get("PATH", os.defpath)):
        run.report.doubt(f"supervisor {name}: neither supervisorctl nor its files could be asked", look)
    else:
        text = f"supervisor {name}: there is no supervisor on this host"
        run.report.bad(text, "sudo apt-get install supervisor, or correct hosts.yml")


def check_restart(run: Run, unit: Runs) -> None:
    """A listener that restarts is away for a moment; php-fpm and nginx lose what is in flight besides."""
    program = os.path.basename(unit.commands[0].words[0]) if unit.commands and unit.commands[0].words else ""
    where = [] if LISTENS.fullmatch(program) else listens(unit)
    if not where and not LISTENS.fullmatch(program):
        return
    if unit.about.get("CanReload") == "yes":
        todo = f"use reload: {{systemd: {unit.name}, action: reload}} in services of hosts.yml"
    else:
        todo = "let a systemd socket unit listen for it (man systemd.socket), or give it an ExecReload and use reload"
    places = f" ({', '.join(where[:3])})" if where else ""
    run.report.doubt(f"requests to {unit.name}{places} are lost while it restarts", todo)


def listens(unit: Runs) -> list[str]:
    """Where a unit's processes listen: TCP by its cgroup, unix sockets in its directory or among its words."""
    group = unit.about.get("ControlGroup", "")
    try:
        number = f"unreachable:{os.stat('/sys/fs/cgroup' + group).st_ino:x}"
    except OSError:
        number = ""
    found = [address for owner, address in listeners() if group and (owner == number or (owner + "/").startswith(group + "/"))]
    folders = tuple(f"/run/{name}/" for name in unit.about.get("RuntimeDirectory", "").split())
    words = " ".join(word for command in unit.commands for word in command.words)
    return found + [path for path in listened_paths() if path.startswith(folders) or path in words]
