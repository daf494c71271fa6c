"""A load on a site while something is done to it."""

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from tasks.config.inventory import PROJECT
from tests.support.load.clients import TAB, parsed
from tests.support.load.judged import Judged
from tests.support.load.request import Request
from tests.support.shop import PORTS, Shop

MIX = {"fast": 3, "slow": 3, "page": 1, TAB: 1}


class Load:
    """The requests of a load, once it is over."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.requests: list[Request] = []
        self.done = math.inf

    def told(self) -> None:
        """Whoever makes the change has just been told that it is made."""
        self.done = time.monotonic()

    def judged(self, before: str, after: str) -> Judged:
        """What it has shown, when `before` had to give way to `after`."""
        return Judged(self.requests, before, after, self.done)


@contextmanager
def load_on(
    address: str, port: int, mix: Mapping[str, int], inside: Callable[[Sequence[str]], Sequence[str]] = list
) -> Iterator[Load]:
    """Clients ask all through the block: each has been answered before it, and asks once more after it."""
    words = [sys.executable, "-m", "tests.support.load.clients", address, str(port), json.dumps(mix)]
    with subprocess.Popen(inside(words), cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "asking\n", "nobody asked"
            load = Load(process)
            yield load
            assert process.poll() is None, "nobody asked any more"
        finally:
            process.stdin.close()
            printed = process.stdout.read()
        load.requests = parsed(printed)


@contextmanager
def load_of(shop: Shop, mix: Mapping[str, int], on: str = "prod") -> Iterator[Load]:
    """The same, on the shop, from the workstation."""
    with load_on(shop.host.address, PORTS[on], mix, shop.host.lab.inside) as load:
        yield load
