"""What ssh_config says of one server, with its tokens and variables expanded: the same values, by ssh or by Paramiko."""

import getpass
import hashlib
import os
import re
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from tasks.remote.jump import Jump
from tasks.remote.source import Source

SSH_PORT = 22
OF_PROXIES = "hknpr"
OF_KEYS = "fHIKt"
"""The tokens of KnownHostsCommand alone: what they mean depends on the key that a server has offered."""

TOKEN = re.compile(r"%(?P<token>.?)", re.DOTALL)
TOKEN_OR_VARIABLE = re.compile(r"%(?P<token>.?)|\$\{(?P<variable>[^}]*)\}", re.DOTALL)


class Settings(NamedTuple):
    """Paths are absolute or relative to the working directory; `identities` is None where ssh_config names none.

    `no_command` are the options without which ssh would not run a command that is typed.
    """

    host: str
    port: int
    user: str | None
    jumps: str | None
    proxy_command: str | None
    timeout: float | None
    alias: str | None
    known_hosts: tuple[str, ...] | None
    everybodys_known_hosts: tuple[str, ...] | None
    known_hosts_command: str | None
    identities: tuple[str, ...] | None
    certificates: tuple[str, ...]
    identities_only: bool
    agent: str | None
    source: Source
    no_command: tuple[str, ...]
    tokens: Mapping[str, str]

    @property
    def place(self) -> str:
        """What makes two names the same server: under `Host *`, ssh_config has a bastion reached over itself."""
        return f"{self.host}:{self.port}"


Read = Callable[[Jump], Settings]
"""What ssh_config says of a server. Raises ValueError, in words for people, where that cannot be used."""


def settings(jump: Jump, found: Mapping[str, Any], known_hosts: Iterable[str] | None, agent: str | None) -> Settings:
    """From the keywords as they are written; `known_hosts` and `agent` are expanded already. Raises ValueError."""
    tokens = tokens_of(jump, found)
    every, own, timeout = found.get("globalknownhostsfile"), found.get("identityfile"), found.get("connecttimeout")
    return Settings(
        host=found["hostname"].lower(),
        port=int(found.get("port", SSH_PORT)),
        user=found.get("user"),
        jumps=_of_proxy("ProxyJump", found.get("proxyjump"), tokens),
        proxy_command=_of_proxy("ProxyCommand", found.get("proxycommand"), tokens),
        timeout=None if timeout in (None, "none") else float(timeout),
        alias=found.get("hostkeyalias"),
        known_hosts=None if known_hosts is None else _named(known_hosts),
        everybodys_known_hosts=None if every is None else _named(every),
        known_hosts_command=_unless_none(found.get("knownhostscommand")),
        identities=None if own is None else tuple(expanded_path("IdentityFile", name, tokens) for name in _named(own)),
        certificates=tuple(expanded_path("CertificateFile", name, tokens) for name in _named(found.get("certificatefile", ()))),
        identities_only=found.get("identitiesonly", "no").lower() == "yes",
        agent=agent,
        source=Source.of(found),
        no_command=tuple(_no_command(found)),
        tokens=tokens,
    )


def _no_command(found: Mapping[str, Any]) -> Iterator[str]:
    """The options with which ssh runs the command that it is given, whatever ssh_config has it do."""
    if _unless_none(found.get("remotecommand")):
        yield "RemoteCommand=none"
    if found.get("sessiontype", "default") != "default":
        yield "SessionType=default"
    if found.get("forkafterauthentication", "no") != "no":
        yield "ForkAfterAuthentication=no"


def tokens_of(jump: Jump, found: Mapping[str, Any]) -> dict[str, str]:
    """The values of the tokens of ssh_config(5), by their letters."""
    local = socket.gethostname()
    host, port = found["hostname"].lower(), str(found.get("port", SSH_PORT))
    user, proxy = found.get("user") or getpass.getuser(), found.get("proxyjump") or ""
    values = (local, host, port, user, "" if proxy.lower() == "none" else proxy)
    return {
        "%": "%",
        "C": hashlib.sha1("".join(values).encode("utf-8", "surrogateescape")).hexdigest(),  # noqa: S324 as ssh has it
        "d": os.path.expanduser("~"),  # noqa: PTH111 a home need not be a path that Path accepts
        "h": host,
        "i": str(os.getuid()),
        "j": values[4],
        "k": found.get("hostkeyalias") or jump.name,
        "L": local.partition(".")[0],
        "l": local,
        "n": jump.name,
        "p": port,
        "r": user,
        "u": getpass.getuser(),
    }


def expanded(keyword: str, text: str, tokens: Mapping[str, str], pattern: re.Pattern[str] = TOKEN_OR_VARIABLE) -> str:
    """`text` with %tokens and ${VARIABLES} replaced. Raises ValueError for one that means nothing."""

    def value(match: re.Match[str]) -> str:
        token, variable = match["token"], match.groupdict().get("variable")
        if variable is not None and variable in os.environ:
            return os.environ[variable]
        if variable is None and token in tokens:
            return tokens[token]
        wrong = f"%{token} is no token of it" if variable is None else f"the environment has no {variable}"
        raise ValueError(f"{keyword} {text}: {wrong}")

    return pattern.sub(value, text)


def expanded_path(keyword: str, text: str, tokens: Mapping[str, str]) -> str:
    """The same for a path, which may begin with ~. Raises ValueError."""
    return expanded(keyword, os.path.expanduser(text), tokens)  # noqa: PTH111 Path raises for an unknown user


def _of_proxy(keyword: str, text: str | None, tokens: Mapping[str, str]) -> str | None:
    """The variables of a ProxyCommand are its shell's to expand."""
    text = _unless_none(text)
    return text and expanded(keyword, text, {token: tokens[token] for token in ("%", *OF_PROXIES)}, TOKEN)


def _unless_none(text: str | None) -> str | None:
    return None if text is None or text.lower() == "none" else text


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name.lower() != "none")
