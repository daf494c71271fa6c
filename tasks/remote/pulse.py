"""Whether the other end of a link is still there, whatever lies between: TCP alone says so only of the first hop."""

from __future__ import annotations

import contextlib

import paramiko

from tasks.remote.ticker import TICKER, Sender
from tasks.remote.transport import Transport

WAITS = (5.0, 6.0, 3.0)
"""Seconds after a question until the first look, and from each look at which nothing has come to the next.

What came while this process was stopped, as when a workstation sleeps, is read before the next look. A link that is cut just
after an answer is closed after 5 + 5 + 6 + 3 = 19 seconds.
"""


class Pulse:
    """Asks as long as the link is open; closes it when nothing comes, and with it every channel that waits."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._ask, self._close = Sender(self._question), Sender(transport.close)
        self._heard, self._looks = -1, 0
        self._over = False

    def start(self) -> None:
        """Look now and then, from here on."""
        TICKER.begin(self.look, WAITS[0])

    def stop(self) -> None:
        """Ask no more."""
        self._over = True

    def look(self) -> float | None:
        """Ask again when anything came since the last question, else close the link in time. Seconds until the next look."""
        if self._over or not self._transport.is_active():
            return None
        if (heard := self._transport.heard) != self._heard:
            self._heard, self._looks = heard, 0
            self._ask()
        else:
            self._looks += 1
        if self._looks < len(WAITS):
            return WAITS[self._looks]
        self._close()
        return None

    def _question(self) -> None:
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            self._transport.ask()
