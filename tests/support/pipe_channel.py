"""A login of this machine in place of an SSH channel: what Paramiko's channel does, on the pipes of a process."""

import os
import select
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tasks.remote.transport import Flight


class PipeChannel:
    """Runs a command as sshd does: by the user's shell, in the home directory."""

    def __init__(self, home: Path, shell: Sequence[str]) -> None:
        self._home, self._shell = home, shell
        self._process: subprocess.Popen[bytes] | None = None
        self._timeout = 30.0
        self.closed = self._stderr_ended = self._status_asked = False

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def settimeout(self, seconds: float) -> None:
        self._timeout = seconds

    def exec_command(self, command: str) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        environment = {"HOME": str(self._home), "PATH": os.environ["PATH"], "SSH_CLIENT": "127.0.0.1 1 2"}
        self._process = subprocess.Popen([*self._shell, command], cwd=self._home, env=environment, bufsize=0, **pipes)  # type: ignore[call-overload]

    def sendall(self, data: bytes) -> None:
        assert self.process.stdin
        if self.process.stdin.closed:
            raise OSError("Socket is closed")
        while data:
            data = data[self.process.stdin.write(data) or 0 :]

    def recv(self, size: int) -> bytes:
        assert self.process.stdout
        if not select.select([self.process.stdout], [], [], self._timeout)[0]:
            raise TimeoutError
        return os.read(self.process.stdout.fileno(), size)

    def recv_stderr_ready(self) -> bool:
        assert self.process.stderr
        return not self._stderr_ended and bool(select.select([self.process.stderr], [], [], 0)[0])

    def recv_stderr(self, size: int) -> bytes:
        assert self.process.stderr
        data = os.read(self.process.stderr.fileno(), size)
        self._stderr_ended = not data
        return data

    def exit_status_ready(self) -> bool:
        """As OpenSSH sends it: some time after the end of the output."""
        asked, self._status_asked = self._status_asked, True
        return asked and self.process.poll() is not None

    @property
    def exit_status(self) -> int:
        return self.process.wait(5)

    def shutdown_write(self) -> None:
        if self.process.stdin:
            self.process.stdin.close()

    def close(self) -> None:
        self.closed = True
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr) if self._process else ():
            if stream:
                stream.close()


class Login:
    """A connection that opens such channels, and keeps them."""

    def __init__(self, home: Path, shell: Sequence[str] = ("bash", "-c")) -> None:
        self.host, self.user = "web1", "ftsuser"
        self.channels: list[PipeChannel] = []
        self._home, self._shell = home, shell
        self.transport = SimpleNamespace(is_active=lambda: True)

    def session(self) -> PipeChannel:
        self.channels.append(PipeChannel(self._home, self._shell))
        return self.channels[-1]

    def start(self, flight: Flight) -> PipeChannel:
        channel = self.session()
        channel.exec_command(flight.command)
        with suppress(OSError):
            channel.sendall(flight.data)
        return channel

    def close(self) -> None:
        for channel in self.channels:
            channel.close()

    def __enter__(self) -> "Login":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
