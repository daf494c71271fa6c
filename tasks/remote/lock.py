"""The lock of a run, held on the host for as long as this workstation is heard."""

import contextlib
import threading
from types import TracebackType
from typing import Any, Self

import paramiko

from tasks.remote.program import Listener, Outcome, conclude, exit_code, follow, send

HEARTBEAT = 5.0
"""Seconds between two heartbeats; the host lets go after 20 seconds of silence."""


class Lock:
    """Taken on entering, let go on leaving. `outcome` holds the facts of the host as they were under the lock.

    When the lock was refused, `held` is false and the outcome says why.
    """

    def __init__(self, connection: Any, command: str, nonce: str, listener: Listener) -> None:
        self._connection, self._command, self._nonce, self._listener = connection, command, nonce, listener
        self._channel: paramiko.Channel | None = None
        self._leave = threading.Event()
        self.held = False
        self.outcome = Outcome()

    def __enter__(self) -> Self:
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            self._channel = send(self._connection, self._command)
            for event in follow(self._channel, self._nonce):
                self.outcome.take(event)
                self._listener(event)
                if event.kind == "locked":
                    self.held = True
                    break
            if self.held:
                threading.Thread(target=self._beat, args=(self._channel,), daemon=True).start()
            else:
                conclude(self.outcome, self._channel, self._connection.user)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._leave.set()
        if self._channel is None:
            return
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            self._channel.shutdown_write()
            if self.held:
                exit_code(self._channel)
        self._channel.close()

    def _beat(self, channel: paramiko.Channel) -> None:
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            while not self._leave.wait(HEARTBEAT):
                channel.sendall(b"\n")
