"""The ssh-agent of the person at the workstation, which may be absent, dead or deaf."""

import os
import socket
from pathlib import Path

import paramiko
from paramiko.agent import AgentSSH

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


def agent_socket(hop: Hop) -> str | None:
    """IdentityAgent of ssh_config, or else SSH_AUTH_SOCK."""
    said = hop.agent or "SSH_AUTH_SOCK"
    if said.lower() == "none":
        return None
    name = "SSH_AUTH_SOCK" if said == "SSH_AUTH_SOCK" else said.removeprefix("$") if said.startswith("$") else ""
    return os.environ.get(name) if name else str(Path(said).expanduser())
