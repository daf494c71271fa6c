"""The unit level starts no process and opens no connection: an attempt fails the test that made it."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

PROCESSES = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec", "os.spawn", "os.system", "pty.spawn"}
CONNECTIONS = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}


class Refusal:
    """An audit hook cannot be taken out again, so it is switched."""

    on = False

    def __call__(self, event: str, _: tuple[Any, ...]) -> None:
        if self.on and event in PROCESSES | CONNECTIONS:
            raise AssertionError(f"a unit test reached for {event}")


_refusal = Refusal()
sys.addaudithook(_refusal)


@pytest.fixture(autouse=True)
def nothing_leaves_the_process() -> Iterator[None]:
    """Processes and connections are refused for as long as a unit test runs."""
    _refusal.on = True
    yield
    _refusal.on = False
