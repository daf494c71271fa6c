"""Pages of the shop asked for again and again while something happens, one after the other, from the workstation."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.support.shop import END, PORTS, Shop

LOOP = """
import json, sys, threading, urllib.request
over = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
bodies = []
last = False
while not last:
    last = over.is_set()
    try:
        bodies.append(urllib.request.urlopen(sys.argv[1], timeout=30).read().decode())
    except Exception as error:
        bodies.append(f"{type(error).__name__}: {error}")
    if len(bodies) == 1:
        print("asking", flush=True)
    over.wait(0.02)
print(json.dumps(bodies))
"""


class Asked:
    """The bodies that came, of all pages; instead of one that did not come, why."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    @property
    def broken(self) -> list[str]:
        """What is no whole page that names its release."""
        return [body for body in self.bodies if not (body.startswith("release ") and body.endswith(END))]

    @property
    def releases(self) -> set[str]:
        """The releases that whole pages have named."""
        return {body.removeprefix("release ").split("\n")[0] for body in self.bodies if body not in self.broken}


@contextmanager
def asking(shop: Shop, *paths: str, on: str = "prod") -> Iterator[Asked]:
    """Ask for these pages all through the block: each has been answered before it, and is asked for once more after it."""
    asked = Asked()
    with ExitStack() as stack:
        loops = [stack.enter_context(_loop(shop, f"http://{shop.host.address}:{PORTS[on]}{path}", asked)) for path in paths]
        yield asked
        for loop in loops:
            assert loop.poll() is None, "nobody asked any more"


@contextmanager
def _loop(shop: Shop, url: str, asked: Asked) -> Iterator[subprocess.Popen[str]]:
    words = shop.host.lab.inside([sys.executable, "-c", LOOP, url])
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as loop:
        assert loop.stdin is not None
        assert loop.stdout is not None
        try:
            assert loop.stdout.readline() == "asking\n"
            yield loop
        finally:
            loop.stdin.close()
        asked.bodies += json.loads(loop.stdout.read())
