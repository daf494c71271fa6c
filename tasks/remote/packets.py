"""What comes over one SSH connection: how many messages, and the lines before the one with which SSH begins."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import paramiko
from paramiko.packet import Packetizer

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

BEGINNING = b"SSH-"
ENOUGH = 65_536
"""Bytes before SSH begins that are read; a server that speaks no SSH may never end."""


class Packets(Packetizer):
    """Counts the messages that have come, and keeps the lines that came before SSH."""

    messages = 0

    def __init__(self, sock: Any) -> None:
        super().__init__(sock)
        self._opening = b""

    @property
    def before(self) -> bytes:
        """The lines before the one with which SSH begins: a server's reason for not beginning it (RFC 4253, 4.2)."""
        lines = self._opening.split(b"\n")
        begins = (number for number, line in enumerate(lines) if line.startswith(BEGINNING))
        return b"\n".join(lines[: next(begins, len(lines))])

    def read_message(self) -> tuple[int, paramiko.Message]:
        read = super().read_message()
        self.messages += 1
        return read

    def write_all(self, out: "ReadableBuffer") -> None:
        """As Paramiko's, but for our first line: a server that has hung up may have said why, which is read next."""
        with suppress(*([] if self.messages or self._opening else [EOFError])):
            super().write_all(out)

    def _read_timeout(self, timeout: float) -> bytes:
        """Paramiko calls this for the lines at the beginning alone."""
        data = cast(bytes, super()._read_timeout(timeout))  # type: ignore[misc]
        self._opening += data
        if len(self._opening) > ENOUGH:
            raise paramiko.SSHException(": it goes on and on")
        return data
