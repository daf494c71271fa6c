"""Processes of `fab` that a server forks, one server for each process of pytest and each lab: see `fork_server.py`."""

import atexit
import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import IO

from tasks.config.inventory import PROJECT

SERVER = "tests.support.fork_server"


class Forked:
    """A process of fab, with those methods of subprocess.Popen that tests use."""

    def __init__(
        self,
        words: Sequence[str],
        environment: Mapping[str, str],
        streams: Sequence[int | None],
        inside: Sequence[str] = (),
    ) -> None:
        """Start it with these descriptors as its standard streams; None is one that is closed.

        `inside` are words that run a command somewhere else, in the network of a lab say.
        """
        self.returncode: int | None = None
        self.stdout: IO[str] | None = None
        self.stderr: IO[str] | None = None
        self._read: list[Future[str]] = []
        self._answers, theirs = socket.socketpair()
        given = {number: descriptor for number, descriptor in enumerate(streams) if descriptor is not None}
        with theirs:
            socket.send_fds(_server(*inside), [b"fork"], [theirs.fileno(), *given.values()])
        request = {"words": [*words], "environment": {**environment}, "umask": _umask(), "streams": [*given]}
        self._answers.sendall(json.dumps(request).encode())
        self._answers.shutdown(socket.SHUT_WR)
        answer, (self._process,), _, _ = socket.recv_fds(self._answers, 32, 1)
        self.pid = int(answer)

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raise subprocess.TimeoutExpired if there is none within `timeout` seconds."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("fab", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._process, number)

    def kill(self) -> None:
        """Send SIGKILL, if it still runs."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return the rest of stdout and stderr at its end; subprocess.TimeoutExpired if that takes over `timeout` seconds."""
        if not self._read:
            readers = ThreadPoolExecutor(2)
            self._read = [readers.submit(_rest, stream) for stream in (self.stdout, self.stderr)]
            readers.shutdown(wait=False)
        if wait(self._read, timeout).not_done:
            raise subprocess.TimeoutExpired("fab", timeout or 0)
        self.wait(timeout)
        out, err = (read.result() for read in self._read)
        return out, err

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None and select.select([self._answers], [], [], timeout)[0]:
            self.returncode = int(self._answers.recv(32))
            self._answers.close()
            os.close(self._process)
        return self.returncode


def forked(
    words: Sequence[str], environment: Mapping[str, str], stdout: int | None = None, inside: Sequence[str] = ()
) -> Forked:
    """Start `fab WORDS` with nothing to read, stderr in a pipe, and stdout in one too where it is not a descriptor given."""
    (out, its_out), (err, its_err) = os.pipe(), os.pipe()
    with Path(os.devnull).open() as nothing, os.fdopen(its_out), os.fdopen(its_err):
        running = Forked(words, environment, (nothing.fileno(), stdout or its_out, its_err), inside)
    running.stdout, running.stderr = os.fdopen(out, encoding="utf-8"), os.fdopen(err, encoding="utf-8")
    return running


def _umask() -> int:
    """Read it; os.umask() would set it too, for every thread."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("Umask:")[2].split()[0], 8)


def _rest(stream: IO[str] | None) -> str:
    if stream is None:
        return ""
    with stream:
        return stream.read()


@functools.cache
def _server(*inside: str) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [*inside, sys.executable, "-m", SERVER, str(theirs.fileno())],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # whoever runs the tests may ignore it
        )
    atexit.register(server.wait)
    atexit.register(ours.close)  # first, and by it the server ends
    return ours
