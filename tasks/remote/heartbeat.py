"""That the workstation is still there, said every few seconds: the host lets go of a lock whose holder it does not hear."""

from __future__ import annotations

import contextlib
import threading

import paramiko

from tasks.remote.ticker import TICKER, Sender

EVERY = 5.0
"""Seconds between two of them; the host lets go of the lock after 20 seconds of silence between phases."""


class Heartbeat:
    """An empty line to the host program, as long as its channel is open."""

    def __init__(self, channel: paramiko.Channel, sending: threading.Lock) -> None:
        """`sending` is held while a request is sent: a line within another would spoil it."""
        self._channel, self._sending = channel, sending
        self._say = Sender(self._beat)

    def start(self) -> None:
        """Beat, from here on."""
        TICKER.begin(self.look, EVERY)

    def look(self) -> float | None:
        """Beat once. Seconds until the next one, None where the channel is closed."""
        if self._channel.closed:
            return None
        self._say()
        return EVERY

    def _beat(self) -> None:
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError), self._sending:
            self._channel.sendall(b"\n")
