"""From where a TCP connection is opened, as ssh does it: BindAddress, BindInterface and AddressFamily of ssh_config."""

import fcntl
import socket
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

SIOCGIFADDR = 0x8915
IPV6 = Path("/proc/net/if_inet6")
FAMILIES = {"inet": socket.AF_INET, "inet6": socket.AF_INET6}


class Source(NamedTuple):
    """Any address and family, unless ssh_config has one."""

    address: str | None = None
    interface: str | None = None
    family: str = "any"

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "Source":
        """From the keywords of ssh_config."""
        return cls(found.get("bindaddress"), found.get("bindinterface"), found.get("addressfamily", "any").lower())

    def connect(self, host: bytes | str, port: int, seconds: float) -> socket.socket:
        """Try each address that the name has, for so long. Raises OSError."""
        if self == Source():
            return socket.create_connection((host, port), seconds)  # type: ignore[arg-type]
        problem = OSError(0, f"{host!r} has no address")
        wanted = FAMILIES.get(self.family, socket.AF_UNSPEC)
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, wanted, socket.SOCK_STREAM):
            connecting = socket.socket(family, kind, protocol)
            try:
                self._bind(connecting)
                connecting.settimeout(seconds)
                connecting.connect(address)
                return connecting
            except OSError as error:
                connecting.close()
                problem = error
        raise problem

    def _bind(self, connecting: socket.socket) -> None:
        """Raises OSError that names the line of ssh_config."""
        said = f"BindAddress {self.address}" if self.address else f"BindInterface {self.interface}"
        try:
            if self.address:
                found = socket.getaddrinfo(self.address, None, connecting.family, socket.SOCK_STREAM)
                connecting.bind(found[0][4])
            elif self.interface:
                connecting.bind(_address_of(self.interface, connecting))
        except OSError as error:
            raise OSError(0, f"{said} of ssh_config: {error.strerror or error}") from error


def _address_of(interface: str, asking: socket.socket) -> tuple[str, int] | tuple[str, int, int, int]:
    """An address of this interface, to bind to. Raises OSError."""
    if asking.family == socket.AF_INET:
        about = fcntl.ioctl(asking.fileno(), SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        return socket.inet_ntoa(about[20:24]), 0
    found = sorted(_ipv6_of(interface), key=_is_local)
    if not found:
        raise OSError(0, "it has no IPv6 address")
    return found[0], 0, 0, socket.if_nametoindex(interface) if found[0].startswith("fe80:") else 0


def _is_local(address: str) -> bool:
    return address == "::1" or address.startswith("fe80:")


def _ipv6_of(interface: str) -> Iterator[str]:
    for line in IPV6.read_text().split("\n") if IPV6.exists() else ():
        number, *_, name = line.split() or ["", ""]
        if name == interface:
            yield socket.inet_ntop(socket.AF_INET6, bytes.fromhex(number))
