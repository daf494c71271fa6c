"""What becomes of a service when it is told to follow: what would be refused, and what would be lost."""

from __future__ import annotations

import os
import re
import shutil
from typing import List, NamedTuple

from tasks.shell.lib.check.check_lines import fail, ok, warn
from tasks.shell.lib.check.service_files import Runs, Supervisor, listened_paths, listeners

LISTENS = re.compile(r"(?:php-fpm|nginx|apache2?|httpd|caddy|frankenphp|haproxy|varnishd)[\d.]*")


class Service(NamedTuple):
    """A service of hosts.yml. `status` is the exit code of supervisorctl status, "" where that could not be asked."""

    kind: str
    action: str
    name: str
    status: str


def tell_unit(unit: Runs, action: str) -> None:
    """What systemctl would refuse to do with a unit."""
    about, do = unit.about, "sudo systemctl "
    if about.get("LoadState", "loaded") != "loaded":
        fail("%s cannot be started: it is %s" % (unit.label, about["LoadState"]), do + "status %s" % unit.name)
    elif action == "reload" and about.get("CanReload") == "no":
        fail(
            "%s cannot reload" % unit.label, "leave out action: reload in services of hosts.yml, or give the unit an ExecReload"
        )
    elif action == "reload" and about.get("ActiveState") not in ("active", "reloading", None):
        fail("%s is %s, and only one that runs can reload" % (unit.label, about["ActiveState"]), do + "start %s" % unit.name)
    elif about.get("ActiveState") == "failed":
        warn("%s has failed" % unit.label, do + "status %s" % unit.name)


def tell_program(service: Service, supervisor: Supervisor) -> None:
    """Is there such a program? supervisorctl knows; where sudo does not allow that, the files do."""
    name = service.name
    if service.status == "3":
        warn("supervisor %s is there, and does not run" % name, "sudo supervisorctl status %s" % name)
    elif service.status == "0" or (service.status == "" and supervisor.has(name)):
        ok("supervisor %s" % name)
    elif supervisor.has(name):
        fail("supervisor has not read its files since %s was written" % name, "sudo supervisorctl update")
    elif service.status == "4" or supervisor.programs:
        meant = supervisor.meant(name)
        do = (
            "write {supervisor: '%s'} in hosts.yml" % meant
            if meant
            else "sudo supervisorctl status, then correct services in hosts.yml"
        )
        fail("supervisor knows no program %s" % name, do)
    elif shutil.which("supervisorctl"):
        warn("supervisor %s: neither supervisorctl nor its files could be asked" % name, "sudo supervisorctl status %s" % name)
    else:
        fail(
            "supervisor %s: there is no supervisor on this host" % name, "sudo apt-get install supervisor, or correct hosts.yml"
        )


def tell_restart(unit: Runs) -> None:
    """A listener that restarts is not there for a moment; php-fpm and nginx lose what is in flight besides."""
    program = os.path.basename(unit.commands[0].words[0]) if unit.commands and unit.commands[0].words else ""
    where = [] if LISTENS.fullmatch(program) else listens(unit)
    if not where and not LISTENS.fullmatch(program):
        return
    if unit.about.get("CanReload") == "yes":
        do = "use reload: {systemd: %s, action: reload} in services of hosts.yml" % unit.name
    else:
        do = "let a systemd socket unit listen for it (man systemd.socket), or give it an ExecReload and use reload"
    warn("requests to %s%s are lost while it restarts" % (unit.name, " (%s)" % ", ".join(where[:3]) if where else ""), do)


def listens(unit: Runs) -> List[str]:
    """Where the processes of a unit listen: TCP by its cgroup, unix sockets that lie in its directory or that it names."""
    group = unit.about.get("ControlGroup", "")
    try:
        number = "unreachable:%x" % os.stat("/sys/fs/cgroup" + group).st_ino
    except OSError:
        number = ""
    found = [address for owner, address in listeners() if group and (owner == number or (owner + "/").startswith(group + "/"))]
    folders = tuple("/run/%s/" % name for name in unit.about.get("RuntimeDirectory", "").split())
    words = " ".join(word for command in unit.commands for word in command.words)
    return found + [path for path in listened_paths() if path.startswith(folders) or path in words]
