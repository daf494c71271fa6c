"""The way to a host: what hosts.yml and the user's ssh_config say of every hop, before anything is dialled.

hosts.yml comes before ssh_config, as ssh's own command line does: its user always, its port unless it is 22 (the
default). `Match user`, `%p` and `%r` of ssh_config see it too.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fabric.config import Config

from tasks.errors import Unreachable, UsageError, typed
from tasks.remote.jump import Jump
from tasks.remote.jumps import jumps
from tasks.remote.known_hosts_command import KnownHostsCommand
from tasks.remote.reading import lack, reader
from tasks.remote.settings import SSH_PORT, Read, Settings
from tasks.remote.source import Source

if TYPE_CHECKING:
    from tasks.config.models import Environment

Paths = tuple[Path, ...]

CONNECT_TIMEOUT = 10
PROXY_TIMEOUT = 30
"""Seconds to connect through a ProxyCommand: a session of SSM may take that long to come up."""

USER_KNOWN_HOSTS = "~/.ssh/known_hosts", "~/.ssh/known_hosts2"
GLOBAL_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"
DEFAULT_IDENTITIES = "~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"


class Hop(NamedTuple):
    """One SSH server on the way; the last one is the host itself, the others are its bastions."""

    name: str
    host: str
    port: int
    user: str
    bastion_of: str | None
    timeout: float
    proxy_command: str | None
    known_as: tuple[str, ...]
    known_hosts: Paths
    pin: str | None
    identities: Paths
    identities_only: bool
    agent: str | None
    by_hand: tuple[str, ...]
    certificates: Paths = ()
    known_hosts_command: KnownHostsCommand | None = None
    source: Source = Source()

    def __str__(self) -> str:
        role = f", the bastion of {self.bastion_of}" if self.bastion_of else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.name}{role} ({self.user}@{host}:{self.port})"

    @property
    def ssh(self) -> str:
        """The command that logs in there as this tool does."""
        return typed(*self.by_hand, "true")


def route(
    environment: "Environment",
    address: str,
    user: str,
    config: Config,
    read: Read | None = None,
    known_as: str | None = None,
) -> tuple[Hop, ...]:
    """Every hop from this workstation to `address`, in the order they are passed. `read` stands in for ssh_config.

    `known_as` is the host's name in known_hosts, unless ssh_config has a HostKeyAlias for it.

    Raises Unreachable for an ssh_config that cannot be used, and UsageError for what was typed or hosts.yml says.
    """
    port = None if environment.port == SSH_PORT else environment.port
    try:
        return tuple(_hops(Jump(address, user, port), environment, config, read or reader(config), known_as))
    except ValueError as error:
        first, *more = str(error).split("\n")
        raise Unreachable(
            f"{address}: what ssh_config says of it cannot be used: {first}",
            details=more,
            next=typed("ssh", "-G", *_config_file(config), address),
        ) from error


def _hops(host: Jump, environment: "Environment", config: Config, read: Read, known_as: str | None) -> Iterator[Hop]:
    for jump, found in jumps(host, read):
        bastion_of = None if jump == host else host.name
        alias = None if bastion_of or found.alias else known_as
        settings = found._replace(alias=alias, tokens={**found.tokens, "k": alias}) if alias else found
        yield Hop(
            name=jump.name,
            host=settings.host,
            port=settings.port,
            user=settings.user or config.user,
            bastion_of=bastion_of,
            timeout=_timeout(settings, config),
            proxy_command=settings.proxy_command,
            known_as=_known_as(settings),
            known_hosts=_known_hosts(settings, environment, bastion_of),
            known_hosts_command=_known_hosts_command(settings, environment, bastion_of),
            pin=None if bastion_of else environment.host_key,
            identities=_identities(settings, environment, config, bastion_of),
            certificates=_paths(settings.certificates),
            identities_only=settings.identities_only,
            agent=settings.agent,
            source=settings.source,
            by_hand=tuple(_by_hand(jump, settings, environment, config, bastion_of, alias)),
        )


def _timeout(settings: Settings, config: Config) -> float:
    """`fab -t`, then ssh_config's ConnectTimeout, then Fabric's own setting, then ours."""
    said = config.connect_kwargs.get("timeout"), settings.timeout, config.timeouts.connect
    return next((float(value) for value in said if value), PROXY_TIMEOUT if settings.proxy_command else CONNECT_TIMEOUT)


def _known_as(settings: Settings) -> tuple[str, ...]:
    """The names known_hosts may have it under; ssh falls back from [host]:port to the host alone."""
    if settings.alias:
        return (settings.alias,)
    host, port = settings.host.lower(), settings.port
    return (host,) if port == SSH_PORT else (f"[{host}]:{port}", host)


def _known_hosts(settings: Settings, environment: "Environment", bastion_of: str | None) -> Paths:
    """known_hosts_file alone for the host; a bastion may stand in it or where ssh looks."""
    given = [environment.known_hosts_file] if environment.known_hosts_file else []
    if given and not bastion_of:
        return _paths(given)
    users = USER_KNOWN_HOSTS if settings.known_hosts is None else settings.known_hosts
    everybodys = GLOBAL_KNOWN_HOSTS if settings.everybodys_known_hosts is None else settings.everybodys_known_hosts
    return _paths([*given, *users, *everybodys])


def _known_hosts_command(settings: Settings, environment: "Environment", bastion_of: str | None) -> KnownHostsCommand | None:
    if settings.known_hosts_command is None or (environment.known_hosts_file and not bastion_of):
        return None
    return KnownHostsCommand(settings.known_hosts_command, tuple(settings.tokens.items()))


def _identities(settings: Settings, environment: "Environment", config: Config, bastion_of: str | None) -> Paths:
    """The key files to try: `fab -i` and identity_file, or else ssh_config's, or else the usual names.

    Of a key that ssh_config names, the public half is enough: an agent may hold the other.
    """
    given = _given_identities(environment, config, bastion_of)
    for path in given:
        if why := lack(path):
            raise UsageError(
                f"the identity file {path} {why}",
                next="# correct identity_file in hosts.yml (or -i), or leave it out to use ssh_config and the agent",
            )
    if given and not bastion_of:
        return given
    files = config.connect_kwargs.get("key_filename", [])
    configured = [*([files] if isinstance(files, str) else files), *(settings.identities or ())]
    if not configured and settings.identities is None:
        return _paths([*given, *(path for path in _paths(DEFAULT_IDENTITIES) if path.is_file())])
    found = [path for path in _paths(configured) if path.is_file() or path.with_name(f"{path.name}.pub").is_file()]
    return _paths([*given, *found])


def _given_identities(environment: "Environment", config: Config, bastion_of: str | None) -> Paths:
    typed_ones = config.authentication.identities
    if Path() in typed_ones:
        raise UsageError("-i is empty", next="# name a key, or leave it out to use ssh_config and the agent")
    own = [environment.identity_file] if environment.identity_file and not bastion_of else []
    return _paths([*typed_ones, *own])


def _by_hand(
    jump: Jump, settings: Settings, environment: "Environment", config: Config, bastion_of: str | None, alias: str | None
) -> Iterator[str]:
    yield "ssh"
    yield from _config_file(config)
    if jump.port:
        yield from ("-p", str(jump.port))
    for path in map(str, _given_identities(environment, config, bastion_of)):
        yield from ("-o", f"IdentityFile={_value(path)}") if "%" in path else ("-i", path)
    if environment.known_hosts_file and not bastion_of:
        yield from ("-o", f"UserKnownHostsFile={_value(str(Path(environment.known_hosts_file).expanduser()))}")
    if alias:
        yield from ("-o", f"HostKeyAlias={alias}")
    for keyword in settings.no_command:
        yield from ("-o", keyword)
    yield f"{jump.user}@{jump.name}" if jump.user else jump.name


def _value(path: str) -> str:
    """A path as ssh_config has it: with its own quotes, and no tokens."""
    text = re.sub(r'(["\\\\])', r"\\\1", path).replace("%", "%%")
    return f'"{text}"' if re.search(r"[\s\"'\\\\#]", path) else text


def _config_file(config: Config) -> list[str]:
    path = config._runtime_ssh_path
    return ["-F", os.path.expanduser(path)] if path else []  # noqa: PTH111 Path raises for an unknown user


def _paths(names: Iterable[str | Path]) -> Paths:
    return tuple(dict.fromkeys(Path(os.path.expanduser(name)) for name in names))  # noqa: PTH111 Path raises for an unknown user
