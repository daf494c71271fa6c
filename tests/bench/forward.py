"""The delaying link: passes packets between two TUN devices, each after half the round trip. A program of its own.

    python -m tests.bench.forward UP DOWN

UP and DOWN are descriptors of TUN devices, of the workstation and of the host. A line on stdin, {"rtt": MS}, sets the round
trip, starts the counts anew, and is answered with the counts until then as one line of JSON. It ends when stdin does.
"""

import json
import os
import select
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field

from tests.bench.packets import Packet

MTU = 65536


@dataclass
class Counts:
    """TCP payload in bytes, from the workstation and to it, and connections that the workstation opened."""

    up: int = 0
    down: int = 0
    connections: int = 0


@dataclass
class Direction:
    """One way over the link: packets that were read from `source`, each with the moment at which `target` gets it."""

    source: int
    target: int
    waiting: deque[tuple[float, bytes]] = field(default_factory=deque)

    def read(self, delay: float) -> list[bytes]:
        """Take in what there is to read."""
        taken = []
        while data := _read(self.source):
            self.waiting.append((time.monotonic() + delay, data))
            taken.append(data)
        return taken

    def pass_on(self) -> None:
        """Write what is due."""
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            os.write(self.target, self.waiting.popleft()[1])


def forward(up: int, down: int) -> None:
    """Pass packets on until stdin ends."""
    ways = (Direction(up, down), Direction(down, up))
    counts, delay = Counts(), 0.0
    while True:
        ready, _, _ = select.select([up, down, sys.stdin], [], [], _pause(ways))
        for way in ways:
            if way.source in ready:
                count(counts, way.read(delay), up=way is ways[0])
            way.pass_on()
        if sys.stdin in ready:
            if not (line := sys.stdin.readline()):
                return
            print(json.dumps(asdict(counts)), flush=True)
            counts, delay = Counts(), json.loads(line)["rtt"] / 2000


def count(counts: Counts, packets: list[bytes], *, up: bool) -> None:
    """Add packets to the counts of their direction."""
    for packet in map(Packet.parse, packets):
        if up:
            counts.up += packet.payload
            counts.connections += packet.opens
        else:
            counts.down += packet.payload


def _pause(ways: tuple[Direction, Direction]) -> float | None:
    due = [way.waiting[0][0] for way in ways if way.waiting]
    return max(0.0, min(due) - time.monotonic()) if due else None


def _read(device: int) -> bytes:
    try:
        return os.read(device, MTU)
    except BlockingIOError:
        return b""


if __name__ == "__main__":
    os.nice(-10)  # what it is late by, it adds to every peer
    forward(int(sys.argv[1]), int(sys.argv[2]))
