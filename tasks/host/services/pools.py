"""The pools of a php-fpm: from its files, which anybody may read on most hosts, and from what `php-fpm -tt` prints to root."""

from __future__ import annotations

import glob
import os
import re

from tasks.host.files import first_line
from tasks.host.services.systemd import executable, php_fpm_config, units_in

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
PLACES = ("/etc/php/*/fpm/php-fpm.conf", "/etc/php-fpm.conf", "/usr/local/etc/php-fpm.conf")
STARTED = re.compile(r"path=\S*php[^/ ]*fpm")
TITLE = re.compile(r"php-fpm: master process \((.+)\)")
NOTICE = re.compile(r"(?:\[[^\]]*\] )?NOTICE: (?:pid \d+, \w+\(\), line \d+: )?(?:\[(.+)\]|\t(\S+?) = (.*))")


def read(path: str) -> dict[str, dict[str, str]]:
    """The sections of a php-fpm.conf with all that it includes; [global] is one. OSError for a file that may not be read."""
    found: dict[str, dict[str, str]] = {"global": {}}
    _take(path, found, "global", 0)
    return found


def _take(path: str, found: dict[str, dict[str, str]], section: str, depth: int) -> None:
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        lines = [line.strip() for line in file]
    for line in lines:
        head = re.fullmatch(r"\[(.+)\]", line)
        pair = re.match(r"([^;#=][^=]*?)\s*=\s*(.*)", line)
        if head:
            section = head[1]
            found.setdefault(section, {})
        elif pair and pair[1] == "include" and depth < 8:
            for inner in sorted(glob.glob(os.path.join(os.path.dirname(path), _value(pair[2])))):
                _take(inner, found, section, depth + 1)
        elif pair:
            found[section][pair[1]] = _value(pair[2]).replace("$pool", section)


def _value(text: str) -> str:
    """What stands after the equals sign, without quotes and without a comment."""
    quoted = re.match(r'"([^"]*)"|\'([^\']*)\'', text)
    return (quoted[1] or quoted[2] or "") if quoted else text.split(";")[0].strip()


def read_dump(text: str) -> tuple[int, dict[str, dict[str, str]]]:
    """What `php-fpm -tt` prints: process_control_timeout in seconds, and each pool by its name; "" is a key that is not set.

    A text without a [global] section is no configuration: ValueError, with the text's last line.
    """
    sections: dict[str, dict[str, str]] = {}
    section: dict[str, str] = {}
    for notice in filter(None, map(NOTICE.fullmatch, text.splitlines())):
        name, key, value = notice.groups()
        if name:
            section = sections[name] = {}
        else:
            section[key] = "" if value == "undefined" else value
    if "global" not in sections:
        raise ValueError((text.strip().splitlines() or ["php-fpm -tt printed nothing"])[-1])
    return seconds(sections.pop("global").get("process_control_timeout", "")), sections


def seconds(text: str) -> int:
    """10, 10s, 2m: as php-fpm reads a time; 0 for anything else."""
    found = re.fullmatch(r"(\d+)([smhd]?)", text.strip())
    return int(found[1]) * UNITS[found[2] or "s"] if found else 0


def address(listen: str) -> str:
    """A socket in one spelling, whether php-fpm or nginx names it: the path, or for TCP the port."""
    listen = listen[5:] if listen.startswith("unix:") else listen
    return os.path.realpath(listen.rstrip(":")) if listen.startswith("/") else listen.rpartition(":")[2]


def pool_users(shown: str) -> set[str]:
    """The users of all pools of those units that are a php-fpm; none where no unit is one.

    `shown` is what `systemctl show --property=Id,User,MainPID,ExecStart` prints. Raises OSError or ValueError where a
    php-fpm's configuration cannot be read or found.
    """
    found: set[str] = set()
    for unit in units_in(shown):
        title = TITLE.search(first_line(f"/proc/{unit.get('MainPID')}/cmdline"))
        if not title and not STARTED.search(unit.get("ExecStart", "")):
            continue
        config = title[1] if title else php_fpm_config(executable(unit))
        if not config:
            raise ValueError(f"where {unit.get('Id')} has its configuration cannot be found out while it is stopped")
        found |= {pool["user"] for pool in read(config).values() if pool.get("user")} or {unit.get("User") or "root"}
    return found
