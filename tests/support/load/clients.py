"""The clients of a load, in a process of their own: `clients.py ADDRESS PORT MIX`, MIX being JSON: how many of each kind.

It says that all have been answered, goes on until its stdin is closed, asks once more with each, and prints every request.
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, replace
from itertools import cycle

from tests.support.load.request import Request, Said, read
from tests.support.load.wire import Broken, Connection

TAB = "tab"

# Each kind of client: what it asks for, and the seconds that it waits before it asks again.
KINDS = {
    "fast": ("/fast", 0.05),
    "slow": ("/slow", 0.005),
    "page": ("/", 0.1),
    "ping": ("/ping?takes=180", 0.1),
    TAB: ("/", 0.05),
}


class Client:
    """A browser with one connection, which asks for one thing after the other. A tab asks for the assets of its first page."""

    def __init__(self, kind: str, connection: Connection) -> None:
        self.kind, self.connection, self.requests = kind, connection, list[Request]()
        self.path, self.gap = KINDS[kind]
        self.answered = asyncio.Event()

    async def run(self, over: asyncio.Event) -> None:
        """Ask until it is over, and once more."""
        paths = cycle([self.path])
        last = False
        while not last:
            last = over.is_set()
            said = await self._ask(next(paths))
            if self.kind == TAB and said.assets:
                paths = cycle(said.assets)
            self.answered.set()
            if not last:
                await asyncio.sleep(self.gap)
        self.connection.close()

    async def _ask(self, path: str) -> Said:
        try:
            answer = await self.connection.get(path)
            said = read(path, answer.status, answer.body)
        except Broken as problem:
            said = Said(str(problem))
        ended = time.monotonic()
        self.requests.append(Request(self.kind, path, self.connection.started, ended, self.connection.retried, said))
        return said


async def main(address: str, port: str, mix: str) -> None:
    """Run them all; the requests are printed in the order in which they were sent."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        loop.remove_reader(sys.stdin)
        over.set()

    loop.add_reader(sys.stdin, stop)
    kinds = [kind for kind, number in json.loads(mix).items() for _ in range(number)]
    clients = [Client(kind, Connection(address, int(port))) for kind in kinds]
    running = asyncio.gather(*(client.run(over) for client in clients))
    await asyncio.gather(*(client.answered.wait() for client in clients))
    print("asking", flush=True)
    await running
    requests = sorted((request for client in clients for request in client.requests), key=lambda request: request.started)
    print(json.dumps([asdict(request) for request in requests]))


def parsed(text: str) -> list[Request]:
    """The requests, as `main` prints them."""
    requests = []
    for fields in json.loads(text):
        said = Said(**fields.pop("said"))
        requests.append(Request(**fields, said=replace(said, assets=tuple(said.assets))))
    return requests


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
