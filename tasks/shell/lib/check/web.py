"""Does the web follow the live link, and may it read what is live? nginx and php-fpm, from their configuration."""

from __future__ import annotations

import glob
import os
import pwd
import re
from typing import List, NamedTuple, Sequence, Set, Tuple

from tasks.shell.lib.check.access import ENTER, READ, Viewer, barrier, unreadable, unwritable, viewer, way
from tasks.shell.lib.check.check_lines import asked, fail, ok, warn
from tasks.shell.lib.check.nginx import Configuration, Place, Server
from tasks.shell.lib.check.php_fpm import Fpm
from tasks.shell.lib.services.pool_files import address

NGINX = "/etc/nginx/nginx.conf"
REAL = "$realpath_root"
WANTED = "fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name"


class Site(NamedTuple):
    """The live link on this host, and where its releases are."""

    live: str
    releases: str

    @property
    def link(self) -> str:
        """The live link, its parents resolved."""
        return os.path.join(os.path.realpath(os.path.dirname(self.live)), os.path.basename(self.live))

    def follows(self, path: str) -> bool:
        """Does a path lead through the live link, whatever it is called?"""
        return path.startswith("/") and self.link in way(path)

    def fixed(self, path: str) -> bool:
        """Does it lead into a release without the live link, so that a cutover changes nothing for it?"""
        own = re.escape(os.path.realpath(self.releases) + "/" + os.path.basename(self.live)) + r"-\d{8}T\d{6}Z(/|$)"
        return path.startswith("/") and not self.follows(path) and bool(re.match(own, os.path.realpath(path) + "/"))


def nginx_file() -> str:
    """The main configuration file of the unit, or the usual one."""
    _, said = asked(["systemctl", "show", "--property=ExecStart", "--", "nginx.service"])
    named = re.search(r"argv\[\]=[^;]*? -c ?(/[^\s;]+)", said)
    return named[1] if named else NGINX


def running_as(program: str) -> List[str]:
    """The user of a program's processes that are not root's; nothing where none runs, or they are hidden."""
    for place in glob.glob("/proc/[0-9]*/comm"):
        try:
            with open(place, encoding="utf-8", errors="replace") as file:
                uid = os.fstat(file.fileno()).st_uid
                if uid and file.read().strip() == program:
                    return [pwd.getpwuid(uid).pw_name]
        except (OSError, KeyError):
            continue  # it has ended, or nobody knows its user
    return []


class Web:
    """Who serves the site: the servers of nginx that lead into it, and the php-fpm that they pass requests to."""

    def __init__(self, site: Site, fpms: Sequence[Fpm]) -> None:
        self.site, self.fpms = site, fpms
        self.file = nginx_file()
        self.nginx = Configuration(self.file) if os.path.exists(self.file) else None
        self.servers = [each for each in self.nginx.servers() if self.ours(each)] if self.nginx else []

    def ours(self, server: Server) -> bool:
        return any(self.leads(path) for place in server.places for path in paths(place))

    def leads(self, path: str) -> bool:
        return self.site.follows(path) or self.site.fixed(path)

    def roots(self) -> List[str]:
        """The directories that nginx serves of the site."""
        found = {place.root for server in self.servers for place in server.places if self.leads(place.root)}
        return sorted(found) or [self.site.live]

    def sockets(self) -> Set[str]:
        """Where nginx reaches the php-fpm of the site."""
        if self.nginx is None:
            return set()
        passes = {place.passes for server in self.servers for place in server.places if place.passes}
        return {address(each) for name in passes for each in self.nginx.sockets(name)}

    def users(self) -> List[Tuple[str, str, str]]:
        """Who must read the site, as (what, user, group): the workers of nginx, and the pools of php-fpm."""
        sockets = self.sockets()
        serving = [fpm for fpm in self.fpms if fpm.serves(sockets)] or [fpm for fpm in self.fpms if fpm.action]
        found = {("php-fpm", name, group) for fpm in serving for name, group in fpm.users(sockets).items()}
        worker = (self.nginx.user() or running_as("nginx")) if self.servers and self.nginx else []
        if worker:
            name, group = [*worker, ""][:2]
            found.add(("nginx", name, group))
        return sorted(found)

    def tell_servers(self) -> None:
        if self.nginx is None:
            warn(
                "nginx: there is no %s: whether the web server follows the live link is not known" % self.file,
                "let the web server resolve the link at every request, or reload it and PHP in services",
            )
            return
        for path in self.nginx.unread:
            warn("nginx: %s cannot be read by this user, and what is in it is not known" % path, "sudo chmod o+r %s" % path)
        for server in self.servers:
            tell_server(self.site, server)
        if not self.servers and not self.nginx.unread:
            warn(
                "nginx: no server has its root in %s" % self.site.live,
                "root %s/public; in a server of nginx, then sudo nginx -t && sudo systemctl reload nginx" % self.site.live,
            )

    def tell_access(self, private: Sequence[str]) -> None:
        for what, name, group in self.users():
            who = viewer(name, group)
            if who is None:
                fail("%s runs as %s, and this host has no such user" % (what, name), "correct its configuration")
                continue
            there = os.path.exists(self.site.live)
            tops = [self.site.releases] if not there else self.roots() if what == "nginx" else [*self.roots(), self.site.live]
            if tell_way(who, what, tops) and there:
                tell_files(who, what, tops, self.private(private))

    def private(self, files: Sequence[str]) -> Set[str]:
        """Runtime files that only a build may need: all but those that Symfony reads at every start."""
        live = os.path.realpath(self.site.live)
        dumped = os.path.exists(os.path.join(live, ".env.local.php"))
        return {os.path.join(live, file) for file in files if dumped or not os.path.basename(file).startswith(".env")}

    def tell_writable(self, paths: Sequence[str]) -> None:
        pools = [(name, group) for what, name, group in self.users() if what != "nginx"]
        if not pools:
            warn("writable: no pool of php-fpm is known on this host", "name the unit of php-fpm in services of hosts.yml")
        for name, group in pools:
            for path in paths:
                tell_writable(viewer(name, group), path, os.path.join(self.site.live, path))


def paths(place: Place) -> List[str]:
    return [place.root, place.param("SCRIPT_FILENAME"), place.param("DOCUMENT_ROOT")]


def tell_server(site: Site, server: Server) -> None:
    """Where a server leads, and whether php-fpm is told the release or the link."""
    reload = "in %s, then sudo nginx -t && sudo systemctl reload nginx" % server.file
    fixed = sorted({path for place in server.places for path in paths(place) if site.fixed(path)})
    if fixed:
        do = "put %s in its place %s" % (site.live, reload)
        fail("nginx: %s serves %s, a release and not the live link: a cutover changes nothing" % (server.name, fixed[0]), do)
        return
    stale = [spoken for place in server.places if place.passes for spoken in stale_params(place)]
    for spoken, do in dict.fromkeys(stale):
        warn(
            "nginx: %s has %s: stale code after a release, until php-fpm is reloaded" % (server.name, spoken),
            do + "; " + reload,
        )
    if not stale:
        how = " by " + REAL if any(place.passes for place in server.places) else ""
        ok("nginx: %s serves %s%s" % (server.name, next(p for s in server.places for p in paths(s) if site.follows(p)), how))


def stale_params(place: Place) -> List[Tuple[str, str]]:
    """PHP keeps what it compiled under the path that it is told: the link's, or with $realpath_root the release's."""
    found = []
    script, root = place.param("SCRIPT_FILENAME"), place.param("DOCUMENT_ROOT")
    if REAL not in script:
        found.append(("SCRIPT_FILENAME %s" % (script or "not set"), WANTED))
    if root and REAL not in root:
        found.append(("DOCUMENT_ROOT %s" % root, "fastcgi_param DOCUMENT_ROOT $realpath_root, after any include"))
    return found


def tell_way(who: Viewer, what: str, tops: Sequence[str]) -> bool:
    """Is the way to each of these directories open?"""
    for top in tops:
        closed = barrier(who, top)
        if closed:
            sudo = "" if os.stat(closed).st_uid == os.getuid() else "sudo "
            fail(
                "%s (%s) may not go through %s, which leads to %s" % (who.name, what, closed, top),
                "%schmod o+x '%s', or %ssetfacl -m u:%s:x '%s'" % (sudo, closed, sudo, who.name, closed),
            )
            return False
    return True


def tell_files(who: Viewer, what: str, tops: Sequence[str], private: Set[str]) -> None:
    def passed_over(path: str) -> bool:
        return path in private or os.path.basename(path) in ("node_modules", ".git")

    closed: List[str] = []
    for top in sorted({os.path.realpath(top) for top in tops}):
        closed += ([] if who.may(top, READ | ENTER) else [top]) + unreadable(who, top, passed_over)
    if closed:
        more = " and %d more" % (len(closed) - 1) if len(closed) > 1 else ""
        fail(
            "%s (%s) cannot read %s%s" % (who.name, what, closed[0], more),
            "on the host: ls -ld '%s'; a umask of 022 in what builds it lets all read" % closed[0],
        )
    else:
        ok("%s (%s) can read the live release" % (who.name, what))


def tell_writable(who: Viewer | None, path: str, place: str) -> None:
    if who is None or not os.path.exists(os.path.dirname(place)):
        return
    if not os.path.isdir(place):
        warn("writable: there is no %s in the live release" % path, "the next build makes it")
        return
    closed = [barrier(who, place)] if barrier(who, place) else unwritable(who, os.path.realpath(place))
    if closed:
        warn("writable: %s (php-fpm) cannot write to %s" % (who.name, closed[0]), "the next build makes %s so" % path)
    else:
        ok("writable: %s (php-fpm) can write to %s" % (who.name, path))
