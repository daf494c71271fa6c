"""One host, reached and logged in to: a Fabric connection that trusts no key it does not know and waits for nobody.

Fabric itself accepts any host key, reads no known_hosts, and opens its bastions in the same way.
"""

import functools
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, cast

import paramiko
from fabric.config import Config
from fabric.connection import Connection

from tasks.errors import Unreachable
from tasks.remote.bastions import BASTIONS
from tasks.remote.failures import unreachable
from tasks.remote.host_keys import Verification
from tasks.remote.known_hosts import HostKeys
from tasks.remote.login import LOGIN_SECONDS, Login
from tasks.remote.pulse import Pulse
from tasks.remote.route import Hop, route
from tasks.remote.sockets import Wire, dial, reached
from tasks.remote.transport import Flight, Transport

if TYPE_CHECKING:
    from tasks.config.models import Environment

KEEP_ALIVE_SECONDS = 5
CHANNEL_SECONDS = 30

AT_ONCE = 8
"""Logins at a time over one first hop: sshd refuses the tenth (sshd_config(5), MaxStartups)."""

_logging_in: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(AT_ONCE))

# Paramiko's threads log tracebacks, which Python prints when nobody listens.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False


def connect(
    environment: "Environment",
    address: str,
    user: str,
    fabric_config: Config,
    *,
    keys: HostKeys | None = None,
    opening: Callable[["VerifiedConnection"], None] | None = None,
    flight: Flight | None = None,
    known_as: str | None = None,
) -> "VerifiedConnection":
    """Log in to `address` as `user`, over its bastions; `keys` stand in for the known_hosts files.

    `opening` gets the connection before it is open: another thread may close it, which ends the attempt. `flight` is what
    `start` will be called with: it goes together with the key, where the host takes that. known_hosts has it `known_as`.

    Raises `Unreachable`, naming the hop that did not answer, is not who it should be or refused the login, and
    `UsageError` for what is wrong in hosts.yml itself.
    """
    hops = route(environment, address, user, fabric_config, known_as=known_as)
    connection = VerifiedConnection(hops, fabric_config, keys)
    connection.flight = flight
    if opening:
        opening(connection)
    with _logging_in[f"{hops[0].host}:{hops[0].port}"]:
        connection.open()
    return connection


def is_alive(connection: Connection) -> bool:
    """Whether the link was up when last heard of; a cut one is noticed by keep-alive, some 20 seconds later."""
    transport = connection.transport
    return transport is not None and transport.is_active() and transport.is_authenticated()


class VerifiedConnection(Connection):
    """A Fabric connection that opens its hops itself, each one verified before it gets a user name."""

    transport: Transport | None = None
    hops: tuple[Hop, ...] = ()
    known: HostKeys | None = None
    opened: ExitStack | None = None
    flight: Flight | None = None

    def __init__(self, hops: tuple[Hop, ...], config: Config, known: HostKeys | None = None) -> None:
        host = hops[-1]
        own = config.clone()  # type: ignore[no-untyped-call]  # Fabric writes the key files it finds into it
        own._set(base_ssh_config=paramiko.SSHConfig())  # `hops` have what it says
        super().__init__(  # type: ignore[no-untyped-call]
            host.name, user=host.user, port=host.port, config=own, gateway=False, forward_agent=False
        )
        self.hops, self.known = hops, known

    def derive_shorthand(self, host_string: str) -> dict[str, Any]:
        """An address is an address: Fabric would look for user@ and :port in it."""
        return {"user": None, "host": host_string, "port": None}

    @property
    def names(self) -> tuple[str, ...]:
        """What the host is called: as it was asked for, as it was dialled, and in known_hosts."""
        host = self.hops[-1]
        return tuple(dict.fromkeys((host.name, host.host, *(name for name in host.known_as if "[" not in name))))

    def open(self) -> None:
        """Open every hop, or none."""
        if self.is_connected:
            return
        self.close()
        with ExitStack() as opened:
            self.opened = opened
            *bastions, host = self.hops
            before = None
            if bastions:
                passed = BASTIONS.passed(tuple(bastions), self.known, functools.partial(self._pass, bastions))
                before = opened.enter_context(passed)
            self.client = self._reach(host, before, opened)
            self.transport = cast(Transport, self.client.get_transport())
            reached(self.hops[0])
            pulse = Pulse(self.transport)
            opened.callback(pulse.stop)
            pulse.start()
            self.opened = opened.pop_all()

    def start(self, flight: Flight) -> paramiko.Channel:
        """A session that runs its command. Raises what Paramiko does."""
        if self.transport is None:
            raise EOFError
        return self.transport.begin(flight)

    def close(self) -> None:
        """Close every hop, the host first."""
        super().close()  # type: ignore[no-untyped-call]
        if self.opened is not None:
            self.opened.close()
            self.opened = None

    def _pass(self, bastions: Sequence[Hop], opened: ExitStack) -> Transport:
        """Open every one of them. The transport of the last."""
        transport: Transport | None = None
        for hop in bastions:
            transport = cast(Transport, self._reach(hop, transport, opened).get_transport())
        assert transport is not None
        return transport

    def _reach(self, hop: Hop, before: paramiko.Transport | None, opened: ExitStack) -> paramiko.SSHClient:
        wire, begun = None, list[Transport]()
        try:
            wire = dial(hop, opened) if before is None else Wire(_forward(before, hop))
            return self._log_in(hop, wire, opened, begun)
        except Unreachable:
            raise
        except (OSError, EOFError, UnicodeError, paramiko.SSHException) as error:
            said = [words for transport in begun for words in transport.words]
            raise unreachable(hop, error, wire.last_words() if wire else "", said) from error

    def _log_in(self, hop: Hop, wire: Wire, opened: ExitStack, begun: list[Transport]) -> paramiko.SSHClient:
        verification = Verification(hop, HostKeys.read(hop.known_hosts) if self.known is None else self.known)

        def transport(sock: Any, **options: Any) -> Transport:
            made = Transport(sock, **options)
            begun.append(made)
            made.handshake_timeout = hop.timeout
            made.local_version = getattr(sock, "identification", "") or made.local_version
            made.flight = self.flight if hop is self.hops[-1] else None
            opened.callback(made.packetizer.complete_handshake)  # else its timer holds up the end of the program
            security = made.get_security_options()
            security.key_types = verification.preferred(security.key_types)
            return made

        client = opened.enter_context(paramiko.SSHClient())
        client.set_missing_host_key_policy(verification)
        client.connect(
            hop.host,
            hop.port,
            username=hop.user,
            sock=wire.socket,
            banner_timeout=hop.timeout,
            auth_timeout=LOGIN_SECONDS,
            channel_timeout=CHANNEL_SECONDS,
            transport_factory=transport,
            auth_strategy=self._login(hop),
        )
        connected = client.get_transport()
        if connected is not None:
            connected.set_keepalive(KEEP_ALIVE_SECONDS)
        return client

    def _login(self, hop: Hop) -> Login:
        """The password is the host's alone; as a passphrase it stays here."""
        password, passphrase = (self.config.connect_kwargs.get(name) for name in ("password", "passphrase"))
        return Login(hop, password if hop is self.hops[-1] else None, passphrase or password)


def _forward(transport: paramiko.Transport, hop: Hop) -> paramiko.Channel:
    return transport.open_channel("direct-tcpip", (hop.host, hop.port), ("", 0), timeout=hop.timeout)
