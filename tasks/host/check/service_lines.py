"""What becomes of a service in post-release: what would be refused, and which requests would be lost."""

from __future__ import annotations

import os
import re
import shutil

from tasks.host.check.asking import ask
from tasks.host.check.service_files import Runs, Supervisor
from tasks.host.run import Run

LISTENS = re.compile(r"(?:php-fpm|nginx|apache2?|httpd|caddy|frankenphp|haproxy|varnishd)[\d.]*")
RUNS, STOPPED, UNKNOWN_NAME = 0, 3, 4
"""Exit codes of supervisorctl status."""


def check_state(run: Run, unit: Runs, action: str) -> None:
    """What would systemctl refuse to do with a unit?"""
    loaded, active = unit.about.get("LoadState", "loaded"), unit.about.get("ActiveState")
    look = f"sudo systemctl status {unit.name}"
    if loaded != "loaded":
        run.report.bad(f"{unit.label} cannot be started: it is {loaded}", look)
    elif action == "reload" and unit.about.get("CanReload") == "no":
        todo = "leave out action: reload in services of hosts.yml, or give the unit an ExecReload"
        run.report.bad(f"{unit.label} cannot reload", todo)
    elif action == "reload" and active not in ("active", "reloading", None):
        text = f"{unit.label} is {active}, and only one that runs can reload"
        run.report.bad(text, f"sudo systemctl start {unit.name}")
    elif active == "failed":
        run.report.doubt(f"{unit.label} has failed", look)


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
    elif shutil.which("supervisorctl"):
        run.report.doubt(f"supervisor {name}: neither supervisorctl nor its files could be asked", look)
    else:
        text = f"supervisor {name}: there is no supervisor on this host"
        run.report.bad(text, "sudo apt-get install supervisor, or correct hosts.yml")


def check_restart(run: Run, unit: Runs) -> None:
    """A listener that restarts is away for a moment; php-fpm and nginx lose what is in flight besides."""
    words = unit.commands[0][0] if unit.commands else []
    server = bool(words) and LISTENS.fullmatch(os.path.basename(words[0]))
    where = [] if server else listens(unit)
    if not server and not where:
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
    words = " ".join(word for words, _ in unit.commands for word in words)
    return found + [path for path in listened_paths() if path.startswith(folders) or path in words]


def listeners() -> list[tuple[str, str]]:
    """Each TCP socket that is listened to, as (cgroup, address); where a cgroup has no name here, its number."""
    shown = ask(["ss", "-Hltn", "--cgroup"]).text
    return [(found[2], found[1]) for found in re.finditer(r"^LISTEN +\d+ +\d+ +(\S+) .*?cgroup:(\S+)", shown, re.M)]


def listened_paths() -> list[str]:
    """The unix sockets that are listened to."""
    try:
        with open("/proc/net/unix", encoding="utf-8", errors="replace") as file:
            return re.findall(r"^\S+ \S+ \S+ 00010000 \S+ \S+ +\S+ (/.*)", file.read(), re.M)
    except OSError:
        return []
