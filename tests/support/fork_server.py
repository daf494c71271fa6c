"""Starts `fab` by a fork of itself, with Fabric and `tasks` loaded already: a tenth of a second instead of half of one.

`forked.py` starts it and sends the requests. A child differs from a start of `python -m fabric` only in the modules that
are loaded, and that the host program has been read: `test_forked.py` compares arguments, environment, umask, streams, signals
and the like.
"""

import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

COMMAND = [sys.executable, "-m", "fabric"]
HELD = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
"""Signals to the whole process group: the server lives on, and a child hears them as soon as it can."""


class Server:
    """Forks once per request. A request is a message on `control`: a socket for the answers, and the standard streams."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ)

    def serve(self) -> dict[str, Any] | None:
        """Return in each child, with its request; in the server itself, once nobody can ask any more, with None."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is not self._control:
                    self._report(key.fd, *key.data)
                    continue
                _, received, _, _ = socket.recv_fds(self._control, 1, 4)
                request = self._fork(socket.socket(fileno=received[0]), received[1:]) if received else None
                if request or not received:
                    return request

    def _fork(self, answers: socket.socket, streams: list[int]) -> dict[str, Any] | None:
        """Return the request in the child, None in the server."""
        with answers.makefile("rb") as asked:
            request: dict[str, Any] = json.load(asked)
        pid = os.fork()
        if pid == 0:
            self._close(answers)
            take_over(request["streams"], streams)
            return request
        for descriptor in streams:
            os.close(descriptor)
        process = os.pidfd_open(pid)
        socket.send_fds(answers, [str(pid).encode()], [process])
        self._selector.register(process, selectors.EVENT_READ, (pid, answers))
        return None

    def _report(self, process: int, pid: int, answers: socket.socket) -> None:
        """Send the exit code of a child that has ended; negative is the signal that ended it."""
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with answers, suppress(BrokenPipeError):
            answers.send(str(code).encode())
        self._selector.unregister(process)
        os.close(process)

    def _close(self, answers: socket.socket) -> None:
        """Leave none of the server's descriptors open in a child."""
        answers.close()
        self._control.close()
        for key in list(self._selector.get_map().values()):
            if key.data:
                os.close(key.fd)
                key.data[1].close()
        self._selector.close()


def take_over(numbers: list[int], descriptors: list[int]) -> None:
    """Make these the standard streams with these numbers; one that has none is closed."""
    for number in range(3):
        os.close(number)
    for number, descriptor in zip(numbers, descriptors, strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)


def open_streams() -> None:
    """Open sys.stdin, stdout and stderr as Python does when it starts: None where the descriptor is closed."""
    for number, (name, mode) in enumerate({"stdin": "r", "stdout": "w", "stderr": "w"}.items()):
        was = getattr(sys, name)
        stream: Any = None
        with suppress(OSError):
            stream = os.fdopen(number, mode, 1 if name == "stderr" else -1, was.encoding, was.errors, "\n", closefd=False)
            stream.buffer.raw.name = f"<{name}>"
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def become_fab(request: dict[str, Any], mask: set[int | signal.Signals]) -> None:
    """Run `python -m fabric` here, to its end."""
    open_streams()
    os.umask(request["umask"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.orig_argv = [*COMMAND, *request["words"]]
    sys.argv = ["-m", *request["words"]]
    if "fab_start" in sys.modules:
        importlib.reload(sys.modules["fab_start"])
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    runpy.run_module("fabric", run_name="__main__", alter_sys=True)


def modules_of_fab() -> Iterator[str]:
    """Yield all that a verb may import, at the start or later."""
    yield from ("fabric.main", "paramiko", "rich.console")
    for module in pkgutil.walk_packages(importlib.import_module("tasks").__path__, "tasks."):
        if not module.name.startswith("tasks.sandbox.host"):
            yield module.name


def main() -> None:
    """Load what fab loads, read the host program as it travels, and fork until the tests end."""
    sys.orig_argv = COMMAND  # some modules look whether they are fab's when they are imported
    for name in modules_of_fab():
        importlib.import_module(name)
    packing = importlib.import_module("tasks.remote.packing")
    packing.sources(packing.needed(packing.ALWAYS))  # what a workstation's cache would keep, and the tests' are new
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    request = Server(socket.socket(fileno=int(sys.argv[1]))).serve()
    if request:
        become_fab(request, mask)


if __name__ == "__main__":
    main()
