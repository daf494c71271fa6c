"""IPv4 packets that pass the link: how much TCP payload each carries, and whether it opens a connection."""

from dataclasses import dataclass
from typing import Self

TCP, SYN, ACK = 6, 0x02, 0x10


@dataclass(frozen=True)
class Packet:
    """What the benchmark counts of a packet. `payload` is in bytes, without the headers of IP and TCP."""

    payload: int = 0
    opens: bool = False

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read the headers; anything that is not TCP over IPv4 carries nothing."""
        if len(data) < 20 or data[0] >> 4 != 4 or data[9] != TCP:
            return cls()
        header = (data[0] & 0x0F) * 4
        size = int.from_bytes(data[2:4], "big")
        if len(data) < header + 20:
            return cls()
        offset, flags = (data[header + 12] >> 4) * 4, data[header + 13]
        return cls(max(0, size - header - offset), flags & (SYN | ACK) == SYN)
