"""ProxyJump as ssh means it: which servers are passed on the way to one, each with its own ssh_config settings.

Fabric's own reading is not used: it visits a list of jumps last one first, and accepts any host key of a bastion.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import paramiko

Settings = dict[str, Any]

SPEC = re.compile(r"(?:ssh://)?(?:(?P<user>.*)@)?(?:\[(?P<v6>[^]]+)]|(?P<name>[^@:]+))(?::(?P<port>\d+))?/?")


@dataclass(frozen=True, slots=True)
class Jump:
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

    def settings(self, ssh_config: paramiko.SSHConfig) -> Settings:
        """What ssh_config says of this server, with what was asked for in front."""
        asked = {"user": self.user, "port": str(self.port) if self.port else None}
        first = {"host": ["*"], "config": {key: value for key, value in asked.items() if value}}
        config = paramiko.SSHConfig()
        config._config = [first, *ssh_config._config]  # type: ignore[attr-defined]
        return config.lookup(self.name)


def jumps(target: Jump, ssh_config: paramiko.SSHConfig, *behind: str) -> Iterator[tuple[Jump, Settings]]:
    """The servers passed on the way to `target`, first one first, and `target` last."""
    settings = target.settings(ssh_config)
    here = _place(settings)
    if here in behind:
        raise ValueError(f"ProxyJump goes round in a circle: {' -> '.join([*behind, here])}")
    listed = [(jump, own) for jump in _listed(settings) if _place(own := jump.settings(ssh_config)) != here]
    if listed:
        yield from jumps(listed[0][0], ssh_config, *behind, here)
        yield from listed[1:]
        settings.pop("proxycommand", None)
    yield target, settings


def _place(settings: Settings) -> str:
    """What makes two names the same server: under `Host *`, ssh_config has a bastion reached over itself."""
    return f"{settings['hostname']}:{settings.get('port', 22)}"


def _listed(settings: Settings) -> list[Jump]:
    """ssh_config's first word wins, between ProxyJump and ProxyCommand too."""
    first = next((key for key in settings if key in ("proxyjump", "proxycommand")), None)
    if first != "proxyjump" or settings["proxyjump"].lower() == "none":
        return []
    return [Jump.parse(spec) for spec in settings["proxyjump"].split(",")]
