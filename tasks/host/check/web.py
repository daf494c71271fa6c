"""Does nginx follow the live link, does php-fpm get the path of the release, and what may they do with its files?"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from tasks.host.check.asking import ask, guarded
from tasks.host.check.commands import search_path
from tasks.host.check.nginx import Place, Server
from tasks.host.check.php_fpm import check_reload, check_version, masters
from tasks.host.check.serving import Web
from tasks.host.check.web_access import check_readable, check_writable
from tasks.host.programs import TOO_LATE
from tasks.host.run import Run, expanded

REAL = "$realpath_root"


def check_web(
    run: Run, php: str, writable: Sequence[str], units: Sequence[Sequence[str]], links: Sequence[Sequence[str]]
) -> None:
    """All of the web server.

    `php`: the PHP that the commands of hosts.yml name first. `units`: action and name of the services that are units.
    `links`: path, target and mountpoint of the persistent links.
    """
    guarded(run, "the web server", _check_all, php, writable, units, links)


def _check_all(
    run: Run, php: str, writable: Sequence[str], units: Sequence[Sequence[str]], links: Sequence[Sequence[str]]
) -> None:
    fpms = masters(run.report, units)
    web = Web(run.live, run.releases, silent_places(run, links), fpms)
    guarded(run, "nginx", check_servers, web)
    for fpm in fpms:
        guarded(run, "php-fpm", check_reload, fpm)
        if fpm.action or fpm.serves(web.sockets()):
            guarded(run, "php-fpm", check_version, fpm, shutil.which(php, path=search_path(run)) or php)
    guarded(run, "what the web may read", check_readable, web)
    if writable:
        guarded(run, "writable", check_writable, web, writable)


def silent_places(run: Run, links: Sequence[Sequence[str]]) -> list[str]:
    """Where a persistent link leads whose file server does not answer, by every name: whoever looks there stands still."""
    found: list[str] = []
    for path, target, mountpoint in links:
        if not answers(expanded(mountpoint or target)):
            names = [os.path.join(live, path) for live in (run.live, os.path.realpath(run.live))]
            found += [*names, expanded(target), *([expanded(mountpoint)] if mountpoint else [])]
    return found


def answers(path: str) -> bool:
    """Does the file server of a path answer, if only that there is nothing?"""
    return ask(["stat", "-L", "--", path], seconds=10.0).code != TOO_LATE


def check_servers(run: Run, web: Web) -> None:
    """Does a server of nginx serve the site, through the live link?"""
    if not os.path.exists(web.file):
        run.report.doubt(
            f"nginx: there is no {web.file}: whether the web server follows the live link is not known",
            "let the web server resolve the link at every request, or reload it and PHP in services",
        )
        return
    for path in web.nginx.unread:
        run.report.doubt(f"nginx: {path} cannot be read by this user, and what is in it is not known", f"sudo chmod o+r {path}")
    for server in web.servers:
        _check_server(run, web, server)
    if not web.servers and not web.nginx.unread:
        run.report.doubt(
            f"nginx: no server has its root in {web.live}",
            f"root {web.live}/public; in a server of nginx, then sudo nginx -t && sudo systemctl reload nginx",
        )


def _check_server(run: Run, web: Web, server: Server) -> None:
    reload = f"in {server.file}, then sudo nginx -t && sudo systemctl reload nginx"
    fixed = sorted(filter(web.fixed, server.paths))
    if fixed:
        run.report.bad(
            f"nginx: {server.name} serves {fixed[0]}, a release and not the live link: a cutover changes nothing",
            f"put {web.live} in its place {reload}",
        )
        return
    php = [place for place in server.places if place.passes]
    stale = dict.fromkeys(found for place in php for found in _stale_params(place))
    for param, mend in stale:
        what = f"nginx: {server.name} has {param}: stale code after a release, until php-fpm is reloaded"
        run.report.doubt(what, f"{mend}; {reload}")
    if not stale:
        served = next(filter(web.follows, server.paths))
        run.report.ok(f"nginx: {server.name} serves {served}" + (f" by {REAL}" if php else ""))


def _stale_params(place: Place) -> list[tuple[str, str]]:
    """Parameters that name the link, each with what to write: PHP keeps its compiled code under the path that it gets."""
    found, script, root = [], place.param("SCRIPT_FILENAME"), place.param("DOCUMENT_ROOT")
    if REAL not in script:
        found.append((f"SCRIPT_FILENAME {script or 'not set'}", f"fastcgi_param SCRIPT_FILENAME {REAL}$fastcgi_script_name"))
    if root and REAL not in root:
        found.append((f"DOCUMENT_ROOT {root}", f"fastcgi_param DOCUMENT_ROOT {REAL}, after any include"))
    return found
