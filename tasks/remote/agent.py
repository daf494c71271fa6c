"""The ssh-agent of the person at the workstation, which may be absent, dead or deaf."""

import os
import socket

import paramiko
from paramiko.agent import AgentSSH
from paramiko.pkey import PublicBlob

from tasks.remote.route import Hop

AGENT_SECONDS = 2
SIGNING_SECONDS = 30


class Agent(AgentSSH):
    """The ssh-agent behind a socket, which must answer within two seconds; Paramiko's own Agent waits for ever."""

    def __init__(self, path: str) -> None:
        super().__init__()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(AGENT_SECONDS)
            connection.connect(path)
            self._connect(connection)  # type: ignore[attr-defined]
            connection.settimeout(SIGNING_SECONDS)
            self._conn = connection.dup()

    def _send_message(self, message: bytes) -> tuple[int, paramiko.Message]:
        try:
            return super()._send_message(message)  # type: ignore[misc, no-any-return]
        except OSError as error:  # Paramiko's thread would die of it with a traceback
            raise paramiko.SSHException("does not answer") from error

    def close(self) -> None:
        """Hang up."""
        self._close()  # type: ignore[attr-defined]


class HeldKeys:
    """The keys that the agent behind a socket holds; it is asked once, when they are first wanted."""

    def __init__(self, path: str | None) -> None:
        self.path = path
        self._agent: Agent | None = None
        self._answer: tuple[tuple[paramiko.AgentKey, ...], Exception | None] | None = None

    def listed(self) -> tuple[paramiko.AgentKey, ...]:
        """Those that it lists; none where it does not answer."""
        return self._asked[0]

    @property
    def problem(self) -> Exception | None:
        """Why it cannot be asked."""
        return self._asked[1]

    def close(self) -> None:
        """Hang up. Its keys sign nothing any more."""
        if self._agent:
            self._agent.close()

    @property
    def _asked(self) -> tuple[tuple[paramiko.AgentKey, ...], Exception | None]:
        if self._answer is None:
            self._answer = self._ask()
        return self._answer

    def _ask(self) -> tuple[tuple[paramiko.AgentKey, ...], Exception | None]:
        if not self.path:
            return (), None
        try:
            self._agent = Agent(self.path)
            return tuple(self._agent.get_keys()), None
        except Exception as error:  # an agent that is broken, in whatever way, is no agent
            return (), error


def certificate_of(key: paramiko.AgentKey) -> PublicBlob | None:
    """The certificate that an agent lists in place of a key."""
    return PublicBlob(key.name, key.blob) if "-cert-" in key.name else None


def agent_socket(hop: Hop) -> str | None:
    """IdentityAgent of ssh_config, or else SSH_AUTH_SOCK."""
    said = hop.agent or "SSH_AUTH_SOCK"
    if said.lower() == "none":
        return None
    name = "SSH_AUTH_SOCK" if said == "SSH_AUTH_SOCK" else said.removeprefix("$") if said.startswith("$") else ""
    return os.environ.get(name) if name else os.path.expanduser(said)  # noqa: PTH111 Path raises for an unknown user
