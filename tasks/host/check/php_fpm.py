"""The php-fpm masters of this host: what they run, which pools they have, and whether a reload waits for requests."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from typing import TYPE_CHECKING

from tasks.host.check.asking import ask
from tasks.host.services.pool_files import PLACES, address, children, read, seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.report import Report
    from tasks.host.run import Run
    from tasks.host.services.pool_files import Sections

    Services = Sequence[tuple[str, str]]

STARTED = re.compile(r"argv\[\]=(.*?) ; ")


class Fpm:
    """A php-fpm: its unit and the action of hosts.yml for it ("" where that is not known), and its configuration."""

    def __init__(self, unit: str, action: str, binary: str, file: str, sections: Sections) -> None:
        self.unit, self.action, self.binary, self.file, self.sections = unit, action, binary, file, sections

    def users(self, sockets: set[str]) -> dict[str, str]:
        """The users of the pools that listen on these sockets, each with its group; of every pool where none does."""
        pools = [pool for name, pool in self.sections.items() if name != "global"]
        chosen = [pool for pool in pools if address(pool.get("listen", "")) in sockets]
        return {pool["user"]: pool.get("group", "") for pool in chosen or pools if pool.get("user")}

    def serves(self, sockets: set[str]) -> bool:
        """Does a pool listen on one of these sockets?"""
        return any(address(pool.get("listen", "")) in sockets for pool in self.sections.values())


def masters(report: Report, services: Services) -> list[Fpm]:
    """The php-fpm units of these (action, unit) services and others of the usual name; without systemd, what /etc has."""
    patterns = [unit for _, unit in services] + ["php*-fpm.service"]
    shown = ask(["systemctl", "show", "--property=Id,ExecStart", "--", *patterns]).text
    found: dict[str, Fpm] = {}
    for block in shown.split("\n\n"):
        unit, started = re.search(r"^Id=(.+?)(?:\.service)?$", block, re.M), STARTED.search(block)
        words = started[1].split() if started else []
        if unit and words and os.path.basename(words[0]).startswith("php-fpm") and unit[1] not in found:
            found[unit[1]] = master(report, unit[1], services, words)
    if found:
        return list(found.values())
    return [Fpm("", "", "", file, sections(report, file)) for place in PLACES for file in glob.glob(place)]


def master(report: Report, unit: str, services: Services, words: list[str]) -> Fpm:
    """The php-fpm of a unit that starts these words."""
    wanted = [action for action, pattern in services if fnmatch.fnmatchcase(unit, re.sub(r"\.service$", "", pattern))]
    options = re.search(r" (?:-y|--fpm-config)[ =]?(\S+)", " ".join(words))
    usual = [file for place in PLACES for file in glob.glob(place)]
    file = options[1] if options else (usual or [PLACES[1]])[0]
    return Fpm(unit, (wanted or [""])[0], words[0], file, sections(report, file))


def sections(report: Report, file: str) -> Sections:
    """The sections of a configuration; a warning and none where it cannot be read."""
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
        return
    lost = children(fpm.sections)
    run.report.doubt(
        f"{fpm.unit} has process_control_timeout 0: requests in flight die at each reload, up to {lost}",
        f"process_control_timeout = 30s under [global] of {fpm.file}, then sudo systemctl reload {fpm.unit}",
    )


def check_version(run: Run, fpm: Fpm, php: str) -> None:
    """Composer and the warmed cache are made for the php of the command line, which `php` is."""
    served = ask([fpm.binary, "-v"]) if fpm.binary else None
    there = re.search(r"PHP (\d+\.\d+)", served.text) if served and not served.code else None
    here = ask([php, "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"])
    if here.code or not there:
        return
    name = os.path.basename(php)
    if here.text == there[1]:
        run.report.ok(f"{fpm.unit} runs PHP {there[1]}, as {name} does")
        return
    run.report.doubt(
        f"{fpm.unit} runs PHP {there[1]}, and {name} is {here.text}: what Composer checks and warms is not what runs",
        f"name php{there[1]} in the commands of hosts.yml, or sudo update-alternatives --set php /usr/bin/php{there[1]}",
    )
