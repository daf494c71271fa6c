"""Whether the other end of a link is still there, whatever lies between: TCP alone says so only of the first hop."""

import contextlib
import threading
from collections.abc import Callable

import paramiko

from tasks.remote.transport import Transport

EVERY = 5.0
"""Seconds between an answer and the next question."""

SILENCE = 11.0
"""Seconds without an answer after which a link is given up; with EVERY and AWAKE, a cut one is noticed within 20."""

AWAKE = 3.0
"""Seconds for an answer that came while this process was stopped to be read, as long as nothing else comes before it."""

QUESTION = "keepalive@openssh.com"
"""OpenSSH's own: a server that does not know it must say so (RFC 4254, 4), and that is an answer."""


Wait = Callable[[threading.Event, float], bool]
"""Waits for an event for so many seconds; whether it was set."""


class Pulse(threading.Thread):
    """Asks, for as long as the link is open; closes it when no answer comes, and with it every channel that waits."""

    def __init__(self, transport: Transport, wait: Wait = threading.Event.wait) -> None:
        super().__init__(daemon=True)
        self._transport, self._wait = transport, wait
        self._over = threading.Event()

    def run(self) -> None:
        """Ask and wait, again and again."""
        while not self._wait(self._over, EVERY) and self._transport.is_active():
            answered = threading.Event()
            threading.Thread(target=self._ask, args=(answered,), daemon=True).start()
            if not self._wait(answered, SILENCE) and not self._comes_late(answered):
                self._transport.close()
                return

    def stop(self) -> None:
        """Ask no more."""
        self._over.set()

    def _comes_late(self, answered: threading.Event) -> bool:
        """The clock goes on while a workstation sleeps: what came meanwhile is read first, and the answer is behind it."""
        heard = self._transport.heard
        while not self._wait(answered, AWAKE):
            if self._transport.heard == heard:
                return False
            heard = self._transport.heard
        return True

    def _ask(self, answered: threading.Event) -> None:
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            self._transport.global_request(QUESTION, wait=True)
        if self._transport.is_active():
            answered.set()
