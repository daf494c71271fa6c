"""The link between workstation and host: a TUN device in the network of each, and the program that passes packets on."""

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from tasks.config.inventory import PROJECT
from tests.bench.forward import Counts

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
CLONE_NEWNET = 0x40000000


def addresses(number: int) -> tuple[str, str]:
    """Those of the workstation and of a host, on the link between them."""
    return f"10.99.{number}.1", f"10.99.{number}.2"


class Link:
    """Joins this process's network namespace with that of process `pid`, which is host `number`."""

    def __init__(self, pid: int, number: int = 0) -> None:
        here = Path("/proc/self/ns/net")
        self._near, self._far = addresses(number)
        name = f"bench{number}"
        up = _device(here, name, self._near, self._far)
        down = _device(Path(f"/proc/{pid}/ns/net"), name, self._far, self._near, back=here)
        self._forward = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.forward", str(up), str(down)],
            cwd=PROJECT,
            pass_fds=(up, down),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        os.close(up)
        os.close(down)

    def set(self, rtt: int) -> Counts:
        """Make the round trip `rtt` milliseconds; the counts since the last call."""
        assert self._forward.stdin is not None
        assert self._forward.stdout is not None
        self._forward.stdin.write(json.dumps({"rtt": rtt}) + "\n")
        self._forward.stdin.flush()
        return Counts(**json.loads(self._forward.stdout.readline()))

    def round_trip(self, port: int) -> float:
        """Seconds that opening a TCP connection takes."""
        start = time.monotonic()
        with socket.create_connection((self._far, port)):
            return time.monotonic() - start

    def stop(self) -> None:
        """End the program; the devices go with it."""
        assert self._forward.stdin is not None
        self._forward.stdin.close()
        self._forward.wait()


def _device(namespace: Path, name: str, address: str, peer: str, back: Path | None = None) -> int:
    """Open a TUN device in a namespace, with an address; then enter `back` again. Returns its descriptor."""
    own = os.open(back or namespace, os.O_RDONLY | os.O_CLOEXEC)
    _enter(namespace)
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
        for words in (
            ("address", "add", address, "peer", peer, "dev", name),
            ("link", "set", name, "up", "txqueuelen", "10000"),
        ):
            subprocess.run(["ip", *words], check=True)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    finally:
        _setns(own)
        os.close(own)
    return device


def _enter(namespace: Path) -> None:
    descriptor = os.open(namespace, os.O_RDONLY | os.O_CLOEXEC)
    _setns(descriptor)
    os.close(descriptor)


def _setns(descriptor: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
