"""Which sockets of this host are listened to, from the kernel's own lists."""

from __future__ import annotations

import re

from tasks.host.services.units import address

LISTENING = "0A"  # the state in /proc/net/tcp


def paths() -> list[str]:
    """The unix sockets that are listened to."""
    return re.findall(r"^\S+ \S+ \S+ 00010000 \S+ \S+ +\S+ (/.*)", _lines("unix"), re.M)


def ports() -> set[str]:
    """The TCP ports that are listened to, at any address."""
    found = re.findall(r"^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ (\w\w) ", _lines("tcp") + _lines("tcp6"), re.M)
    return {str(int(port, 16)) for port, state in found if state == LISTENING}


def is_listened_to(listen: str) -> bool:
    """Whether somebody listens at a socket, as php-fpm or nginx names it."""
    place = address(listen)
    return place in ports() or place in map(address, paths())


def _lines(name: str) -> str:
    try:
        with open(f"/proc/net/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
