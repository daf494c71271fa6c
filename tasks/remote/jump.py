"""One server on the way, as it was asked for."""

import re
from typing import NamedTuple

SPEC = re.compile(r"(?:ssh://)?(?:(?P<user>.*)@)?(?:\[(?P<v6>[^]]+)]|(?P<name>[^@:]+))(?::(?P<port>\d+))?/?")


class Jump(NamedTuple):
    """A server by the name it was asked for, with the user and port that were asked for too, if any."""

    name: str
    user: str | None = None
    port: int | None = None

    @classmethod
    def parse(cls, spec: str) -> "Jump":
        """Read one entry of ProxyJump: [ssh://][user@]host[:port], with an IPv6 address in brackets."""
        match = SPEC.fullmatch(spec.strip())
        if match is None:
            raise ValueError(f"ProxyJump {spec!r} is not [user@]host[:port]")
        port = match["port"]
        return cls(match["v6"] or match["name"], match["user"] or None, int(port) if port else None)
