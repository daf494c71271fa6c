"""A channel whose other end says what a test wants it to: the seam to Paramiko."""

import threading
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

NONCE = "c0ffee"


def said(*words: str) -> bytes:
    """An event line of this run."""
    return ("\t".join([NONCE, *words]) + "\n").encode()


class Channel:
    """Says `out` piece by piece (a TimeoutError is a silence), and ends with `code`; None is a link that was cut."""

    def __init__(self, out: Iterable[bytes | TimeoutError] = (), *, err: bytes = b"", code: int | None = 0) -> None:
        self.out, self.err, self.code = list(out), err, code
        self.closed = False
        self.command = ""
        self.written: list[bytes] = []
        self.shut = threading.Event()
        self.status_event = threading.Event()

    def exec_command(self, command: str) -> None:
        self.command = command

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, size: int) -> bytes:
        piece = self.out.pop(0) if self.out else b""
        if isinstance(piece, TimeoutError):
            raise piece
        assert len(piece) <= size
        return piece

    def recv_stderr_ready(self) -> bool:
        return bool(self.err)

    def recv_stderr(self, size: int) -> bytes:
        piece, self.err = self.err[:size], self.err[size:]
        return piece

    @property
    def exit_status(self) -> int:
        return -1 if self.code is None else self.code

    def exit_status_ready(self) -> bool:
        return self.code is not None

    def sendall(self, data: bytes) -> None:
        self.written.append(data)

    def shutdown_write(self) -> None:
        self.shut.set()

    def close(self) -> None:
        self.closed = True


def connection(channel: Channel | Exception) -> Any:
    """A connection that opens this channel, or cannot."""

    def open_session(timeout: float) -> Channel:
        assert 0 < timeout <= 60
        if isinstance(channel, Exception):
            raise channel
        return channel

    return SimpleNamespace(host="web1", user="ftsuser", transport=SimpleNamespace(open_session=open_session))
