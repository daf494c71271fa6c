"""The users of a php-fpm's pools, found without root: by its configuration, which anybody may read on most hosts."""

from __future__ import annotations

import re

from tasks.host.services.pool_files import read

FPM = re.compile(r"path=\S*php[^/ ]*fpm")
TITLE = re.compile(r"php-fpm: master process \((.+)\)")
CONFIG = re.compile(r" (?:-y|--fpm-config)[ =]?(\S+)")


def pool_users(shown: str) -> set[str]:
    """The users of all pools of those units that are a php-fpm; none where no unit is one.

    `shown` is what `systemctl show --property=Id,User,MainPID,ExecStart` prints. Raises OSError or ValueError where a
    php-fpm's configuration cannot be read or found.
    """
    found: set[str] = set()
    for block in shown.strip().split("\n\n"):
        found |= _users_of(dict(line.partition("=")[::2] for line in block.splitlines()))
    return found


def _users_of(unit: dict[str, str]) -> set[str]:
    started = unit.get("ExecStart", "")
    title = TITLE.search(_title(unit.get("MainPID", "")))
    config = title or CONFIG.search(started)
    if not title and not FPM.search(started):
        return set()
    if not config:
        raise ValueError(f"where {unit.get('Id')} has its configuration cannot be found out while it is stopped")
    users = {pool["user"] for pool in read(config[1]).values() if pool.get("user")}
    return users or {unit.get("User") or "root"}


def _title(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
