"""SSH servers on loopback for the tests of connections: they count who tried to log in and what was forwarded."""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, Self

import asyncssh

from tests.support.fab import PATIENCE


class SshServer:
    """A server that lets in whoever holds one of `authorized`, and answers a command with the command."""

    def __init__(
        self,
        *host_keys: asyncssh.SSHKey,
        authorized: Sequence[asyncssh.SSHKey],
        host: str = "127.0.0.1",
        passwords: list[str] | None = None,
        refusal: tuple[str, str] | None = None,
        **options: Any,
    ) -> None:
        self.host_keys = host_keys
        self.authorized = authorized
        self.host = host
        self.passwords = passwords
        """Who has sent one, where the server asks for passwords."""
        self.refusal = refusal
        """What it says once a key was accepted, and when it then hangs up."""
        self.options = options
        self.logins: list[str] = []
        self.offered: list[str] = []
        self.forwards: list[tuple[str, int]] = []
        self.port = 0

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener = self._wait(self._listen())
        self.port = self._listener.get_port()
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def known(self, key: int = 0, name: str | None = None) -> str:
        """The line of known_hosts for one of its keys."""
        return f"{name or f'[{self.host}]:{self.port}'} {public(self.host_keys[key])}\n"

    async def _listen(self) -> asyncssh.SSHAcceptor:
        return await asyncssh.create_server(
            lambda: _Session(self),
            self.host,
            0,
            server_host_keys=list(self.host_keys),
            process_factory=_echo,
            **self.options,
        )

    async def _close(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()
        for connection in list(_Session.connections.pop(self, ())):
            connection.abort()
        await asyncio.sleep(0)

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


class _Session(asyncssh.SSHServer):
    connections: dict[SshServer, list[asyncssh.SSHServerConnection]] = {}  # noqa: RUF012

    def __init__(self, server: SshServer) -> None:
        self.server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connections.setdefault(self.server, []).append(conn)

    def begin_auth(self, username: str) -> bool:
        self.server.logins.append(username)
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002
        self.server.offered.append(key.get_fingerprint())
        if self.server.refusal:
            banner, farewell = self.server.refusal
            (connection,) = self.connections[self.server]
            if banner:
                connection.send_auth_banner(banner)
            connection.disconnect(asyncssh.DISC_NO_MORE_AUTH_METHODS_AVAILABLE, farewell)
        return any(key == known.convert_to_public() for known in self.server.authorized)

    def password_auth_supported(self) -> bool:
        return self.server.passwords is not None

    def validate_password(self, username: str, password: str) -> bool:  # noqa: ARG002
        assert self.server.passwords is not None
        self.server.passwords.append(username)
        return False

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:  # noqa: ARG002
        self.server.forwards.append((dest_host, dest_port))
        return True


def public(key: asyncssh.SSHKey) -> str:
    """Type and base64 of a key's public half, as known_hosts and hosts.yml have it."""
    return " ".join(key.export_public_key().decode().split()[:2])


def write_key(key: asyncssh.SSHKey, path: Path, passphrase: str | None = None) -> Path:
    """Save a private key as ssh-keygen does, its public half beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key.write_private_key(str(path), passphrase=passphrase)
    key.write_public_key(f"{path}.pub")
    path.chmod(0o600)
    return path


def _echo(process: asyncssh.SSHServerProcess[str]) -> None:
    process.stdout.write(process.command or "")
    process.exit(0)
