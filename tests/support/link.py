"""A link to a host that a test can cut: a relay on loopback."""

import contextlib
import socket
import threading
from typing import Self


class Link:
    """Passes bytes on to a port, and counts what goes there, what comes back and who comes.

    `cut` ends what is open, `down` also turns away whoever comes until `up`; `roam` ends only the near side: the host does not
    notice, as when a laptop goes to another network.
    """

    def __init__(self, port: int, address: str = "127.0.0.1") -> None:
        """To this port of an address of loopback, where it listens too."""
        self._target = (address, port)
        self._listener = socket.create_server((address, 0))
        self._open: list[socket.socket] = []
        self.sent = self.received = 0
        self._silent: set[socket.socket] = set()
        self._kept: set[socket.socket] = set()
        self._down = False
        self.turned_away = 0
        self.opened: list[int] = []
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cut(for_good=True)
        self._thread.join()

    def cut(self, *, for_good: bool = False) -> None:
        """End every connection that is open; with `for_good`, nothing is let in again either."""
        if for_good:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for end in tuple(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def down(self) -> None:
        """End every connection that is open, and let in nobody."""
        self._down = True
        self.cut()

    def up(self) -> None:
        """Let in again whoever comes."""
        self._down = False

    def roam(self) -> None:
        """End the near side of every connection that is open; the far side stays, and hears nothing more."""
        self._kept |= set(self._open[1::2])
        for near in self._open[::2]:
            with contextlib.suppress(OSError):
                near.shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Nothing arrives any more over what is open, and nobody is told."""
        self._silent |= set(self._open)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._down:
                    self.turned_away += 1
                    near.close()
                    continue
                far = socket.create_connection(self._target)
                self._open += [near, far]
                self.opened.append(near.fileno())
                threading.Thread(target=self._join, args=(near, far), daemon=True).start()

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        """Until both ways have ended; then nothing of it is left open."""
        with near, far:
            back = threading.Thread(target=self._pass_on, args=(far, near, True), daemon=True)
            back.start()
            self._pass_on(near, far, False)
            back.join()

    def _pass_on(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if counted:
                    self.received += len(data)
                else:
                    self.sent += len(data)
                if sink not in self._silent:
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            if sink not in self._kept:
                sink.shutdown(socket.SHUT_RDWR)
