"""The wire below SSH: a TCP connection, set to notice a dead link, or a ProxyCommand."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from types import ModuleType
from typing import IO, TYPE_CHECKING, NamedTuple

import paramiko

from tasks.remote.route import Hop
from tasks.remote.source import Source

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

UNHEARD_MILLISECONDS = 15_000


class Prompt(socket.socket):
    """A TCP socket that acknowledges at once: a server that waits for it before its next small packet waits no 40 ms.

    `identification` is the line that was sent over it while modules were loading: it is not sent twice.
    """

    identification = ""

    def send(self, data: ReadableBuffer, flags: int = 0) -> int:
        """As of any socket, but for that line."""
        line, self.identification = self.identification, ""
        return len(line) + 2 if line and data == f"{line}\r\n".encode() else super().send(data, flags)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """As of any socket; the kernel forgets the setting after some packets."""
        data = super().recv(size, flags)
        if quick := getattr(socket, "TCP_QUICKACK", None):
            self.setsockopt(socket.IPPROTO_TCP, quick, 1)
        return data


class Wire(NamedTuple):
    """A socket to speak SSH over, and what its ProxyCommand has to say when that fails."""

    socket: socket.socket | paramiko.Channel
    stderr: IO[bytes] | None = None

    def last_words(self) -> str:
        """The last line that the ProxyCommand wrote on stderr."""
        if self.stderr is None:
            return ""
        self.stderr.seek(0)
        lines = self.stderr.read().decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def dial(hop: Hop, opened: ExitStack) -> Wire:
    """Reach the first hop; what was opened for it is closed with `opened`."""
    if hop.proxy_command:
        return _through(hop.proxy_command, opened)
    name = hop.host.encode() if hop.host.isascii() else hop.host  # the codec for other names takes long to load
    early = _early(hop)
    begun = early.take(hop.host, hop.port, hop.timeout) if early else None
    plain = begun or hop.source.connect(name, hop.port, hop.timeout)
    connected = opened.enter_context(Prompt(fileno=plain.detach()))
    if early and begun:
        connected.identification = getattr(early, "IDENTIFICATION", "")  # start/ may be older, until `make` was run
    tune(connected)
    return Wire(connected)


def reached(hop: Hop) -> None:
    """Somebody has logged in there, and the next run may dial it early."""
    if early := _early(hop):
        early.remember(hop.host, hop.port, hop.user)


def _early(hop: Hop) -> ModuleType | None:
    """What dials early, where `start/` is installed, and knows all that says how this hop is dialled."""
    plain = not hop.proxy_command and hop.source == Source()
    return sys.modules.get("fab_dial") if plain else None


def tune(connected: socket.socket) -> None:
    """Send small packets at once, and give a link up whose other end is not heard."""
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if user_timeout := getattr(socket, "TCP_USER_TIMEOUT", None):
        connected.setsockopt(socket.IPPROTO_TCP, user_timeout, UNHEARD_MILLISECONDS)


def _through(command: str, opened: ExitStack) -> Wire:
    """Run a ProxyCommand as ssh does, by a shell; Paramiko's own way never notices that the command has ended."""
    import tempfile  # brings every compression with it

    stderr = opened.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 closed with `opened`
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            ["/bin/sh", "-c", f"exec {command}"],
            stdin=theirs.fileno(),
            stdout=theirs.fileno(),
            stderr=stderr,
            start_new_session=True,
        )
    opened.callback(_end, process)
    return Wire(opened.enter_context(ours), stderr)


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
