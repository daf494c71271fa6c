"""The php-fpm masters of this host: what they run, which pools they have, and whether a reload waits for requests."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
from typing import Dict, List, NamedTuple, Sequence, Set, Tuple

from tasks.shell.lib.check.check_lines import asked, ok, warn
from tasks.shell.lib.services.pool_files import PLACES, Sections, address, children, read, seconds

STARTED = re.compile(r"argv\[\]=(.*?) ; ")


class Fpm(NamedTuple):
    """A php-fpm: its unit and what hosts.yml does with it ("" where that is not known), and its configuration."""

    unit: str
    action: str
    binary: str
    file: str
    sections: Sections

    def users(self, sockets: Set[str]) -> Dict[str, str]:
        """The users of the pools that listen on these sockets, each with its group; of every pool where none does."""
        pools = [pool for name, pool in self.sections.items() if name != "global"]
        chosen = [pool for pool in pools if address(pool.get("listen", "")) in sockets]
        return {pool["user"]: pool.get("group", "") for pool in chosen or pools if pool.get("user")}

    def serves(self, sockets: Set[str]) -> bool:
        return any(address(pool.get("listen", "")) in sockets for pool in self.sections.values())


def masters(services: Sequence[Tuple[str, str]]) -> List[Fpm]:
    """The php-fpm units of these (action, unit) services and others of the usual name; without systemd, what /etc has."""
    patterns = [unit for _, unit in services] + ["php*-fpm.service"]
    _, said = asked(["systemctl", "show", "--property=Id,ExecStart", "--", *patterns])
    found: List[Fpm] = []
    for block in said.split("\n\n"):
        unit, started = re.search(r"^Id=(.+?)(?:\.service)?$", block, re.M), STARTED.search(block)
        words = started[1].split() if started else []
        if unit and words and os.path.basename(words[0]).startswith("php-fpm") and unit[1] not in [fpm.unit for fpm in found]:
            found.append(master(unit[1], services, words))
    if found:
        return found
    return [Fpm("", "", "", file, sections(file)) for place in PLACES for file in glob.glob(place)]


def master(unit: str, services: Sequence[Tuple[str, str]], words: List[str]) -> Fpm:
    wanted = [action for action, pattern in services if fnmatch.fnmatchcase(unit, re.sub(r"\.service$", "", pattern))]
    options = re.search(r" (?:-y|--fpm-config)[ =]?(\S+)", " ".join(words))
    usual = [file for place in PLACES for file in glob.glob(place)]
    file = options[1] if options else (usual or [PLACES[1]])[0]
    return Fpm(unit, (wanted or [""])[0], words[0], file, sections(file))


def sections(file: str) -> Sections:
    try:
        return read(file)
    except OSError as problem:
        warn("php-fpm: %s cannot be read by this user" % problem.filename, "sudo chmod o+r %s" % problem.filename)
        return {}


def tell_reload(fpm: Fpm) -> None:
    """Requests in flight live through a reload only when the master waits for them."""
    if fpm.action != "reload" or not fpm.sections:
        return
    given = seconds(fpm.sections["global"].get("process_control_timeout", "0"))
    if given:
        ok("%s: requests in flight have %d s to end at a reload (process_control_timeout)" % (fpm.unit, given))
        return
    warn(
        "%s has process_control_timeout 0: requests in flight die at each reload, up to %d"
        % (fpm.unit, children(fpm.sections)),
        "process_control_timeout = 30s under [global] of %s, then sudo systemctl reload %s" % (fpm.file, fpm.unit),
    )


def tell_version(fpm: Fpm, php: str) -> None:
    """Composer and the warmed cache are made for the php of the command line."""
    code, said = asked([fpm.binary, "-v"]) if fpm.binary else (127, "")
    there = re.search(r"PHP (\d+\.\d+)", said)
    code_here, here = asked([php, "-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"])
    if code or code_here or not there:
        return
    if here.strip() == there[1]:
        ok("%s runs PHP %s, as %s does" % (fpm.unit, there[1], php))
    else:
        warn(
            "%s runs PHP %s, and %s is %s: what Composer checks and warms is not what runs"
            % (fpm.unit, there[1], php, here.strip()),
            "name php%s in the commands of hosts.yml, or sudo update-alternatives --set php /usr/bin/php%s"
            % (there[1], there[1]),
        )
