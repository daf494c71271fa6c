"""Told by check, as the release user: nginx, php-fpm, and what they may read and write of the live release."""

from __future__ import annotations

import os
import sys
from typing import Dict, List

from tasks.shell.lib.check.check_lines import looked
from tasks.shell.lib.check.php_fpm import masters, tell_reload, tell_version
from tasks.shell.lib.check.web import Site, Web


def lists(words: List[str]) -> Dict[str, List[str]]:
    """NAME COUNT WORD... as often as there are lists."""
    found: Dict[str, List[str]] = {}
    while words:
        name, count, *rest = words
        found[name], words = rest[: int(count)], rest[int(count) :]
    return found


def main(*words: str) -> None:
    given = lists(list(words))
    services = list(zip(given["services"][::2], given["services"][1::2]))
    fpms = masters(services)
    web = Web(Site(os.environ["LIVE"], os.environ["RELEASES"]), fpms)
    looked("nginx", web.tell_servers)
    for fpm in fpms:
        looked("php-fpm", tell_reload, fpm)
        if fpm.action or fpm.serves(web.sockets()):
            looked("php-fpm", tell_version, fpm, given["php"][0])
    looked("what the web may read", web.tell_access, given["private"])
    if given["writable"]:
        looked("writable", web.tell_writable, given["writable"])


looked("the web server", main, *sys.argv[1:])
