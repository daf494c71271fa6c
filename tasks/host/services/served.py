"""Who serves the site: the servers of nginx that lead through the live link, and the php-fpm that they pass requests to."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tasks.host import programs
from tasks.host.leads import way
from tasks.host.services.nginx import Configuration, Server, may_be
from tasks.host.services.units import address, executable, nginx_config, units_in

ASKED = 60.0  # seconds for systemctl to answer


def main_file() -> str:
    """The main configuration of nginx, as its unit names it."""
    shown = programs.run(["systemctl", "show", "--property=ExecStart", "--", "nginx.service"], seconds=ASKED)
    (unit,) = units_in(shown.text)
    return nginx_config(executable(unit))


def resolved(link: str) -> str:
    """A link itself, its parents resolved."""
    return os.path.join(os.path.realpath(os.path.dirname(link)), os.path.basename(link))


def follows(path: str, link: str) -> bool:
    """Does a path lead through a link, which is `resolved`, under whatever name?"""
    return path.startswith("/") and link in way(path)


def passed_to(nginx: Configuration, servers: Iterable[Server]) -> set[str]:
    """Where these servers reach a php-fpm; a variable whose values the configuration has not is left in it."""
    passes = {each for server in servers for place in server.places for each in place.passes}
    return {address(each) for name in passes for each in nginx.sockets(name)}


def is_reached(listen: str, sockets: Iterable[str]) -> bool:
    """Whether a pool that listens here may get what is passed to these sockets."""
    return any(may_be(each, address(listen)) for each in sockets)


def serving(live_link: str) -> tuple[set[str], str]:
    """Where nginx reaches the php-fpm of the site, and a name of it; nothing where no server that can be read leads there."""
    if not live_link:
        return set(), ""
    nginx, link = Configuration(main_file()), resolved(live_link)
    found = [each for each in nginx.servers() if any(follows(path, link) for path in each.paths)]
    return passed_to(nginx, found), next((name for server in found for name in server.hosts), "")
