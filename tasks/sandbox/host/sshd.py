"""The SSH server of the embedded host: public keys only, commands through bash, one JSON line of run/ssh.log per event.

A command runs as OpenSSH runs it without a terminal. It is not killed when the client goes away: its stdin ends, and its
output has no reader any more. A test that wants the text of the commands too makes an empty run/commands.log.
"""

import asyncio
import itertools
import json
import os
import select
import signal
import subprocess
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import IO, Any

import asyncssh

from .layout import USERS, Layout
from .process import say_ready

BLOCK = 1 << 16
LOOPBACK = ("127.0.0.1", "localhost", "::1")
Channel = asyncssh.SSHServerProcess[bytes]


class Server(asyncssh.SSHServer):
    numbers = itertools.count(1)

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._number = next(self.numbers)
        self._user = ""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
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
        """Public keys are the only way in, and an unknown user is refused as an unknown key is."""
        return True

    def auth_completed(self) -> None:
        self._log("auth")

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:  # noqa: ARG002
        """Forward to loopback only: enough for a ProxyJump through this host."""
        return dest_host in LOOPBACK

    def _log(self, event: str) -> None:
        _append(self._layout.run / "ssh.log", event=event, user=self._user, connection=self._number)


async def _serve(layout: Layout) -> None:
    server = await asyncssh.create_server(
        partial(Server, layout),
        layout.address,
        0,
        server_host_keys=[str(layout.host_key)],
        process_factory=partial(_session, layout),
        encoding=None,
        line_editor=False,
        agent_forwarding=False,
    )
    layout.port_file("ssh").write_text(str(server.get_port()))
    say_ready()
    await server.wait_closed()


async def _session(layout: Layout, channel: Channel) -> None:
    user, number, command = channel.get_extra_info("username"), channel.get_extra_info("number"), channel.command
    size = len((command or "").encode())
    _append(layout.run / "ssh.log", event="session", user=user, connection=number, command_bytes=size)
    if (commands := layout.run / "commands.log").exists():
        _append(commands, user=user, command=command)
    (client, port), (host, own_port) = channel.get_extra_info("peername"), channel.get_extra_info("sockname")
    place = {"SSH_CLIENT": f"{client} {port} {own_port}", "SSH_CONNECTION": f"{client} {port} {host} {own_port}"}
    try:
        child = subprocess.Popen(
            ["/bin/bash", "-l"] if command is None else ["/bin/bash", "-c", command],
            cwd=layout.home(user),
            env={**layout.environment(user), **place},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        channel.stderr.write(f"cannot start the command: {error}\n".encode())
        channel.exit(126)
    else:
        await _follow(channel, child)


async def _follow(channel: Channel, child: subprocess.Popen[bytes]) -> None:
    """Pass on what a command and its client send each other, and the exit code when the command ends."""
    assert child.stdin
    assert child.stdout
    assert child.stderr
    ended, gone = asyncio.create_task(_end_of(child)), asyncio.create_task(channel.wait_closed())
    feeding = asyncio.create_task(_feed(channel, child.stdin, child.pid))
    pumps = [
        asyncio.create_task(_pump(child.stdout, channel.stdout, child.pid)),
        asyncio.create_task(_pump(child.stderr, channel.stderr, child.pid)),
    ]
    either: set[asyncio.Future[Any]] = {asyncio.gather(ended, *pumps), gone}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    for task in (feeding, *pumps, gone):
        task.cancel()
    code = await ended
    if code >= 0:
        channel.exit(code)
    else:
        channel.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))


async def _end_of(child: subprocess.Popen[bytes]) -> int:
    with _ending(child.pid) as ended:
        await _readable(ended)
    return child.wait()


async def _pump(pipe: IO[bytes], sink: asyncssh.SSHWriter[bytes], pid: int) -> None:
    """Pass on what a command prints, until the pipe ends, or is empty when the command ends: a daemon may keep it open."""
    with pipe, _ending(pid) as ended, suppress(OSError, asyncssh.Error):
        await _readable(pipe, ended)
        while select.select([pipe], [], [], 0)[0] and (block := os.read(pipe.fileno(), BLOCK)):
            sink.write(block)
            await sink.drain()
            await _readable(pipe, ended)


async def _feed(channel: Channel, pipe: IO[bytes], pid: int) -> None:
    """Give a command what the client sends, signals too."""
    loop = asyncio.get_running_loop()
    connected = await loop.connect_write_pipe(lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader()), pipe)
    writer = asyncio.StreamWriter(*connected, None, loop)
    with closing(writer), suppress(asyncssh.Error):
        while not channel.stdin.at_eof():
            try:
                block = await channel.stdin.read(BLOCK)
            except asyncssh.SignalReceived as received:
                with suppress(ProcessLookupError, KeyError):
                    os.killpg(pid, signal.Signals[f"SIG{received.signal}"])
                continue
            with suppress(OSError):  # it does not read
                writer.write(block)
                await writer.drain()


def _ending(pid: int) -> IO[bytes]:
    """What can be read when a process has ended. asyncio's own wait also waits for pipes that daemons hold."""
    return os.fdopen(os.pidfd_open(pid), "rb")


async def _readable(*files: IO[bytes]) -> None:
    """Wait until one of these files can be read."""
    loop, wake = asyncio.get_running_loop(), asyncio.Event()
    for file in files:
        loop.add_reader(file, wake.set)
    try:
        await wake.wait()
    finally:
        for file in files:
            loop.remove_reader(file)


def _append(log: Path, **event: object) -> None:
    with log.open("a") as file:
        file.write(json.dumps(event) + "\n")


def main(layout: Layout) -> None:
    """Run the server of a sandbox."""
    asyncio.run(_serve(layout))
