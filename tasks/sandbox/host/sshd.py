"""The SSH server of the embedded host: public keys only, commands through bash, one log line per event.

A test that wants the text of the commands too makes an empty run/commands.log.
"""

import asyncio
import itertools
from functools import partial
from pathlib import Path

import asyncssh

from . import journal, session
from .layout import USERS, Layout
from .process import say_ready

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Server(asyncssh.SSHServer):
    """One connection."""

    def __init__(self, layout: Layout, counter: "itertools.count[int]") -> None:
        self._layout = layout
        self._number = next(counter)
        self._user = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Count the connection. (asyncio has set TCP_NODELAY on it.)"""
        self._connection = conn
        conn.set_extra_info(number=self._number)
        self._log("connection")

    def begin_auth(self, username: str) -> bool:
        """Read the user's keys anew for each login, as sshd does; whom it does not know has none."""
        self._user = username
        keys = self._layout.home(username) / ".ssh" / "authorized_keys"
        if username in USERS and keys.is_file():
            self._connection.set_authorized_keys(str(keys))
        return True

    def public_key_auth_supported(self) -> bool:
        """Public keys are the only way in, and strangers are not told that they are strangers."""
        return True

    def auth_completed(self) -> None:
        """Count the login."""
        self._log("auth")

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:  # noqa: ARG002
        """Forward to loopback only: enough for a ProxyJump through this host."""
        return dest_host in LOOPBACK

    def _log(self, event: str) -> None:
        journal.append(self._layout.run / "ssh.log", event=event, user=self._user, connection=self._number)


async def serve(layout: Layout) -> None:
    """Listen on a free port of loopback until this process is ended."""
    server = await asyncssh.create_server(
        partial(Server, layout, itertools.count(1)),
        "127.0.0.1",
        0,
        server_host_keys=[str(layout.host_key)],
        process_factory=partial(_run, layout),
        encoding=None,
        line_editor=False,
        agent_forwarding=False,
    )
    layout.port("ssh").write_text(str(server.get_port()))
    say_ready()
    await server.wait_closed()


async def _run(layout: Layout, channel: asyncssh.SSHServerProcess[bytes]) -> None:
    user = channel.get_extra_info("username")
    journal.append(
        layout.run / "ssh.log",
        event="session",
        user=user,
        connection=channel.get_extra_info("number"),
        command_bytes=len((channel.command or "").encode()),
    )
    commands = layout.run / "commands.log"
    if commands.exists():
        journal.append(commands, user=user, command=channel.command)
    client, local = channel.get_extra_info("peername"), channel.get_extra_info("sockname")
    told = {
        "SSH_CLIENT": f"{client[0]} {client[1]} {local[1]}",
        "SSH_CONNECTION": f"{client[0]} {client[1]} {local[0]} {local[1]}",
    }
    environment = {**layout.environment(user), **told}
    await session.serve(channel, home=layout.home(user), environment=environment)


def main(folder: str) -> None:
    """Run the server of the sandbox in a folder."""
    asyncio.run(serve(Layout(Path(folder))))
