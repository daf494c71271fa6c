"""The configuration of php-fpm, read from its files: `php-fpm -tt` wants root, as it opens the log."""

from __future__ import annotations

import glob
import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Sections = dict[str, dict[str, str]]

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
PLACES = ("/etc/php/*/fpm/php-fpm.conf", "/etc/php-fpm.conf", "/usr/local/etc/php-fpm.conf")


def read(path: str) -> Sections:
    """The sections of a php-fpm.conf with all that it includes; [global] is one. OSError for a file that may not be read."""
    found: Sections = {"global": {}}
    _take(path, found, "global", 0)
    return found


def _take(path: str, found: Sections, section: str, depth: int) -> None:
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


def seconds(text: str) -> int:
    """10, 10s, 2m: as php-fpm reads a time; 0 for anything else."""
    found = re.fullmatch(r"(\d+)([smhd]?)", text.strip())
    return int(found[1]) * UNITS[found[2] or "s"] if found else 0


def address(listen: str) -> str:
    """A socket in one spelling, whether php-fpm or nginx names it: the path, or for TCP the port."""
    listen = listen[5:] if listen.startswith("unix:") else listen
    return os.path.realpath(listen.rstrip(":")) if listen.startswith("/") else listen.rpartition(":")[2]


def children(sections: Sections) -> int:
    """How many requests this php-fpm may have in flight at once."""
    found: list[str] = [pool.get("pm.max_children", "0") for name, pool in sections.items() if name != "global"]
    return sum(int(number) for number in found if number.isdigit())
