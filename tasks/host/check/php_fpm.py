"""The php-fpm masters of this host: what they run, which pools they have, and whether a reload waits for requests."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from collections.abc import Sequence

from tasks.host.check.asking import ask
from tasks.host.report import Report
from tasks.host.run import Run
from tasks.host.services.pools import PLACES, address, read, seconds
from tasks.host.services.systemd import executable, is_php_fpm, php_fpm_config, units_in


class Fpm:
    """A php-fpm: its unit and the action of hosts.yml for it ("" where that is not known), and its configuration."""

    def __init__(self, unit: str, action: str, binary: str, file: str, sections: dict[str, dict[str, str]]) -> None:
        self.unit, self.action, self.binary, self.file, self.sections = unit, action, binary, file, sections
        self.pools = [pool for name, pool in sections.items() if name != "global"]

    def users(self, sockets: set[str]) -> dict[str, str]:
        """The users of the pools that listen on these sockets, each with its group; of every pool where none does."""
        chosen = [pool for pool in self.pools if address(pool.get("listen", "")) in sockets] or self.pools
        return {pool["user"]: pool.get("group", "") for pool in chosen if pool.get("user")}

    def serves(self, sockets: set[str]) -> bool:
        """Does a pool listen on one of these sockets?"""
        return any(address(pool.get("listen", "")) in sockets for pool in self.pools)

    def children(self) -> int:
        """How many requests it may have in flight at once."""
        found = [pool.get("pm.max_children", "") for pool in self.pools]
        return sum(int(number) for number in found if number.isdigit())


def masters(report: Report, services: Sequence[Sequence[str]]) -> list[Fpm]:
    """The php-fpm units of these (action, unit) services and others of the usual name; without systemd, what /etc has."""
    patterns = [unit for _, unit in services] + ["php*-fpm.service"]
    usual = [file for place in PLACES for file in glob.glob(place)]
    found: dict[str, Fpm] = {}
    for unit in units_in(ask(["systemctl", "show", "--property=Id,ExecStart", "--", *patterns]).text):
        name, words = re.sub(r"\.service$", "", unit.get("Id", "")), executable(unit)
        if name and name not in found and is_php_fpm(words):
            wanted = (action for action, each in services if fnmatch.fnmatchcase(name, re.sub(r"\.service$", "", each)))
            file = php_fpm_config(words) or (usual or [PLACES[1]])[0]
            found[name] = Fpm(name, next(wanted, ""), words[0], file, _sections(report, file))
    return list(found.values()) or [Fpm("", "", "", file, _sections(report, file)) for file in usual]


def _sections(report: Report, file: str) -> dict[str, dict[str, str]]:
    try:
        return read(file)
    except OSError as problem:
        report.doubt(f"php-fpm: {problem.filename} cannot be read by this user", f"sudo chmod o+r {problem.filename}")
        return {}


def check_reload(run: Run, fpm: Fpm) -> None:
    """Requests in flight live through a reload only when the master waits for them."""
    if fpm.action != "reload" or not fpm.sections:
        return
    waits = seconds(fpm.sections["global"].get("process_control_timeout", "0"))
    if waits:
        run.report.ok(f"{fpm.unit}: requests in flight have {waits} s to end at a reload (process_control_timeout)")
    else:
        run.report.doubt(
            f"{fpm.unit} has process_control_timeout 0: requests in flight die at each reload, up to {fpm.children()}",
            f"process_control_timeout = 30s under [global] of {fpm.file}, then sudo systemctl reload {fpm.unit}",
        )


def check_version(run: Run, fpm: Fpm, php: str) -> None:
    """Composer and the warmed cache are made for the php of the command line, which `php` is."""
    served, here = ask([fpm.binary, "-v"]), ask([php, "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"])
    found, name = re.search(r"PHP (\d+\.\d+)", served.text), os.path.basename(php)
    if served.code or here.code or not found:
        return
    version = found[1]
    if here.text == version:
        run.report.ok(f"{fpm.unit} runs PHP {version}, as {name} does")
    else:
        run.report.doubt(
            f"{fpm.unit} runs PHP {version}, and {name} is {here.text}: what Composer checks and warms is not what runs",
            f"name php{version} in the commands of hosts.yml, or sudo update-alternatives --set php /usr/bin/php{version}",
        )
