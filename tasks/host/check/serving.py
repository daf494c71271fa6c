"""Who serves the site: the servers of nginx that lead into it, and the php-fpm that they pass requests to."""

from __future__ import annotations

import fnmatch
import glob
import os
import pwd
import re
from collections.abc import Callable, Sequence

from tasks.host.check.asking import ask
from tasks.host.services.nginx import Configuration
from tasks.host.services.served import follows, is_reached, main_file, passed_to, resolved
from tasks.host.services.units import PLACES, executable, is_php_fpm, php_fpm_config, read, units_in


class Fpm:
    """A php-fpm: its unit and the action of hosts.yml for it ("" where that is not known), and its configuration."""

    def __init__(self, unit: str, action: str, binary: str, file: str, sections: dict[str, dict[str, str]]) -> None:
        self.unit, self.action, self.binary, self.file, self.sections = unit, action, binary, file, sections
        self.pools = [pool for name, pool in sections.items() if name != "global"]

    def users(self, sockets: set[str]) -> dict[str, str]:
        """The users of the pools that listen on these sockets, each with its group; of every pool where none does."""
        chosen = [pool for pool in self.pools if is_reached(pool.get("listen", ""), sockets)] or self.pools
        return {pool["user"]: pool.get("group", "") for pool in chosen if pool.get("user")}

    def serves(self, sockets: set[str]) -> bool:
        """Does a pool listen on one of these sockets?"""
        return any(is_reached(pool.get("listen", ""), sockets) for pool in self.pools)


def masters(services: Sequence[Sequence[str]], unread: Callable[[str], None] = lambda _: None) -> list[Fpm]:
    """The php-fpm units of these (action, unit) services and others of the usual name; without systemd, what /etc has.

    `unread` has each file that this user may not read.
    """
    patterns = [unit for _, unit in services] + ["php*-fpm.service"]
    usual = [file for place in PLACES for file in glob.glob(place)]
    found: dict[str, Fpm] = {}
    for unit in units_in(ask(["systemctl", "show", "--property=Id,ExecStart", "--", *patterns]).text):
        name, words = re.sub(r"\.service$", "", unit.get("Id", "")), executable(unit)
        if name and name not in found and is_php_fpm(words):
            wanted = (action for action, each in services if fnmatch.fnmatchcase(name, re.sub(r"\.service$", "", each)))
            file = php_fpm_config(words) or (usual or [PLACES[1]])[0]
            found[name] = Fpm(name, next(wanted, ""), words[0], file, _sections(file, unread))
    return list(found.values()) or [Fpm("", "", "", file, _sections(file, unread)) for file in usual]


def _sections(file: str, unread: Callable[[str], None]) -> dict[str, dict[str, str]]:
    try:
        return read(file)
    except OSError as problem:
        unread(str(problem.filename))
        return {}


class Web:
    """The web server of a site. `file` is the main configuration of nginx; at `silent` places nothing answers a question."""

    def __init__(self, live: str, releases: str, silent: Sequence[str], fpms: Sequence[Fpm]) -> None:
        self.live, self.releases, self.silent, self.fpms = live, releases, silent, fpms
        self.link, self.file = resolved(live), main_file()
        self.nginx = Configuration(self.file)
        self.servers = [each for each in self.nginx.servers() if any(map(self.leads, each.paths))]

    def follows(self, path: str) -> bool:
        """Does a path lead through the live link, under whatever name?"""
        return follows(path, self.link)

    def fixed(self, path: str) -> bool:
        """Does it lead into a release without the live link, so that a cutover changes nothing for it?"""
        own = re.escape(os.path.realpath(self.releases) + "/" + os.path.basename(self.live)) + r"-\d{8}T\d{6}Z(/|$)"
        if not path.startswith("/") or self.stands_still(path) or self.follows(path):
            return False
        return bool(re.match(own, os.path.realpath(path) + "/"))

    def leads(self, path: str) -> bool:
        """Does a path lead into the site, by the live link or without it?"""
        return not self.stands_still(path) and (self.follows(path) or self.fixed(path))

    def stands_still(self, path: str) -> bool:
        """Is a path at one of the silent places?"""
        return any((path + "/").startswith(place + "/") for place in self.silent)

    def roots(self) -> list[str]:
        """The directories that nginx serves of the site."""
        found = {root for server in self.servers for place in server.places for root in place.roots if self.leads(root)}
        return sorted(found) or [self.live]

    def tops(self, program: str) -> list[str]:
        """What nginx, or php-fpm, must come to; before a first release, the directory of releases."""
        if not os.path.exists(self.live):
            return [self.releases]
        return self.roots() if program == "nginx" else [*self.roots(), self.live]

    @property
    def knows_its_pools(self) -> bool:
        """Whether nginx passes requests of the site to a pool that is known here."""
        return any(fpm.serves(self.sockets()) for fpm in self.fpms)

    def sockets(self) -> set[str]:
        """Where nginx reaches the php-fpm of the site."""
        return passed_to(self.nginx, self.servers)

    def users(self) -> list[tuple[str, str, str]]:
        """Who must read the site, as (program, user, group): the workers of nginx, and the pools of php-fpm."""
        sockets = self.sockets()
        serving = [fpm for fpm in self.fpms if fpm.serves(sockets)] or [fpm for fpm in self.fpms if fpm.action]
        found = {("php-fpm", name, group) for fpm in serving for name, group in fpm.users(sockets).items()}
        worker = (self.nginx.user() or running_as("nginx")) if self.servers else []
        if worker:
            name, group = [*worker, ""][:2]
            found.add(("nginx", name, group))
        return sorted(found)


def running_as(program: str) -> list[str]:
    """The user of a program's processes that are not root's; nothing where none runs, or they are hidden."""
    for place in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(place, encoding="utf-8", errors="replace") as file:
                uid = os.fstat(file.fileno()).st_uid
                if uid and file.read().strip() == program:
                    return [pwd.getpwuid(uid).pw_name]
        except (OSError, KeyError):
            continue  # it has ended, or its user has no name
    return []
