"""ssh_config as Paramiko reads it, where there is no ssh: without Include, trailing comments and some kinds of Match."""

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import paramiko

from tasks.remote.jump import Jump
from tasks.remote.settings import Settings, expanded_path, settings, tokens_of


class Rules(paramiko.SSHConfig):
    """Expands only what decides what else is read."""

    TOKENS_BY_CONFIG_KEY = {  # noqa: RUF012 as Paramiko has it
        key: tokens for key, tokens in paramiko.SSHConfig.TOKENS_BY_CONFIG_KEY.items() if key in ("hostname", "match-exec")
    }


class Paramiko:
    """Reads the files, and what they say of one server after the other."""

    def __init__(self, rules: paramiko.SSHConfig) -> None:
        self._rules = rules

    @classmethod
    def of(cls, files: Iterable[Path]) -> "Paramiko":
        """Read the files that exist. Raises ValueError."""
        rules = paramiko.SSHConfig()
        for path in files:
            if path.expanduser().is_file():
                text = path.expanduser().read_bytes().decode("utf-8", "surrogateescape")
                rules.parse(text.split("\n"))
        return cls(rules)

    def __call__(self, jump: Jump) -> Settings:
        """What they say of this server, with what was asked for in front. Raises ValueError."""
        asked = {"user": jump.user, "port": str(jump.port) if jump.port else None}
        rules = Rules()
        first = {"host": ["*"], "config": {key: value for key, value in asked.items() if value}}
        rules._config = [first, *self._rules._config]  # type: ignore[attr-defined]
        try:
            return _settings(jump, rules.lookup(jump.name))
        except (paramiko.SSHException, KeyError) as error:
            raise ValueError(str(error)) from error


def _settings(jump: Jump, found: dict[str, Any]) -> Settings:
    """Of ProxyJump and ProxyCommand, the first one wins."""
    proxies = [key for key in found if key == "proxycommand" or (key == "proxyjump" and found[key].lower() != "none")]
    for key in proxies[1:]:
        del found[key]
    tokens = tokens_of(jump, found)
    users, agent = found.get("userknownhostsfile"), found.get("identityagent")
    known_hosts = users and [expanded_path("UserKnownHostsFile", name, tokens) for name in _paths(users)]
    for key in ("globalknownhostsfile", "certificatefile"):
        if key in found:
            found[key] = _paths(found[key])
    return settings(jump, found, known_hosts, agent and _agent(agent, tokens))


def _paths(text: str) -> list[str]:
    """Paramiko has taken the quotes off a path that is the only one."""
    return [text] if Path(text).expanduser().exists() else shlex.split(text)


def _agent(text: str, tokens: dict[str, str]) -> str:
    return text if text.startswith("$") and not text.startswith("${") else expanded_path("IdentityAgent", text, tokens)
