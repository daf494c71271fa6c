"""Who serves the site: the servers of nginx that lead into it, and the php-fpm that they pass requests to."""

from __future__ import annotations

import glob
import os
import pwd
import re
from collections.abc import Sequence

from tasks.host.check.access import way
from tasks.host.check.asking import ask
from tasks.host.check.nginx import Configuration
from tasks.host.check.php_fpm import Fpm
from tasks.host.services.pools import address

NGINX = "/etc/nginx/nginx.conf"


class Web:
    """The web server of a site: of the live link, and the directory of its releases.

    `file` is the main configuration of nginx. At `silent` places nothing answers a question.
    """

    def __init__(self, live: str, releases: str, silent: Sequence[str], fpms: Sequence[Fpm]) -> None:
        self.live, self.releases, self.silent, self.fpms = live, releases, silent, fpms
        self.link = os.path.join(os.path.realpath(os.path.dirname(live)), os.path.basename(live))  # its parents resolved
        shown = ask(["systemctl", "show", "--property=ExecStart", "--", "nginx.service"]).text
        named = re.search(r"argv\[\]=[^;]*? -c ?(/[^\s;]+)", shown)
        self.file = named[1] if named else NGINX
        self.nginx = Configuration(self.file)
        self.servers = [each for each in self.nginx.servers() if any(map(self.leads, each.paths))]

    def follows(self, path: str) -> bool:
        """Does a path lead through the live link, under whatever name?"""
        return path.startswith("/") and self.link in way(path)

    def fixed(self, path: str) -> bool:
        """Does it lead into a release without the live link, so that a cutover changes nothing for it?"""
        own = re.escape(os.path.realpath(self.releases) + "/" + os.path.basename(self.live)) + r"-\d{8}T\d{6}Z(/|$)"
        return path.startswith("/") and not self.follows(path) and bool(re.match(own, os.path.realpath(path) + "/"))

    def leads(self, path: str) -> bool:
        """Does a path lead into the site, by the live link or without it?"""
        return not self.stands_still(path) and (self.follows(path) or self.fixed(path))

    def stands_still(self, path: str) -> bool:
        """Is a path at one of the silent places?"""
        return any((path + "/").startswith(place + "/") for place in self.silent)

    def roots(self) -> list[str]:
        """The directories that nginx serves of the site."""
        found = {place.root for server in self.servers for place in server.places if self.leads(place.root)}
        return sorted(found) or [self.live]

    def sockets(self) -> set[str]:
        """Where nginx reaches the php-fpm of the site."""
        passes = {place.passes for server in self.servers for place in server.places if place.passes}
        return {address(each) for name in passes for each in self.nginx.sockets(name)}

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
