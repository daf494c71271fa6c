"""nginx and php-fpm, from their files, and what they may do with the files of the site."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.host.check.asking import ask, guarded
from tasks.host.check.php_fpm import check_reload, check_version, masters
from tasks.host.check.search import search_path, which
from tasks.host.check.serving import Site, Web
from tasks.host.check.web_access import check_readable, check_writable
from tasks.host.check.web_servers import check_servers
from tasks.host.programs import TOO_LATE
from tasks.host.run import expanded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.run import Run

    Pairs = Sequence[Sequence[str]]


def check_web(run: Run, php: str, writable: Sequence[str], units: Pairs, links: Pairs) -> None:
    """All of the web server.

    `php`: the PHP that the commands of hosts.yml name first. `units`: action and name of the services that are units.
    `links`: path, target and mountpoint of the persistent links.
    """
    guarded(run, "the web server", _check_all, php, writable, units, links)


def _check_all(run: Run, php: str, writable: Sequence[str], units: Pairs, links: Pairs) -> None:
    fpms = masters(run.report, [(action, unit) for action, unit in units])
    web = Web(Site(run.live, run.releases, silent_places(run, links)), fpms)
    guarded(run, "nginx", check_servers, web)
    for fpm in fpms:
        guarded(run, "php-fpm", check_reload, fpm)
        if fpm.action or fpm.serves(web.sockets()):
            guarded(run, "php-fpm", check_version, fpm, which(php, search_path(run)) or php)
    guarded(run, "what the web may read", check_readable, web)
    if writable:
        guarded(run, "writable", check_writable, web, writable)


def silent_places(run: Run, links: Pairs) -> list[str]:
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
