"""One SSH connection that waits for no answer that it does not need: the login, and the start of a program, in one flight.

Each of Paramiko's own calls waits for its answer, and each answer takes a round trip.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, cast

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.common import cMSG_CHANNEL_DATA, cMSG_CHANNEL_OPEN, cMSG_CHANNEL_REQUEST, cMSG_GLOBAL_REQUEST

from tasks.remote.algorithms import authenticated_first, of_key, offered, with_certificates
from tasks.remote.packets import Packets

ACCEPTED = b"\0\0\0\x0cssh-userauth"
OPENSSH = "SSH-2.0-OpenSSH"
"""Such a server reads on while it answers, numbers its sessions from 0, and opens a session's window with its command."""

QUESTION = "keepalive@openssh.com"
"""OpenSSH's own: a server that does not know it must say so (RFC 4254, 4), and that is an answer."""

FIRST_SESSION = 0
PIECE = 32_000
"""Bytes of one message: OpenSSH takes 32,768."""

OPEN_SECONDS = 15.0
"""Seconds to open a channel: on a dead link Paramiko alone would wait an hour."""


class Flight(NamedTuple):
    """A command, and what it reads first."""

    command: str
    data: bytes


class OneRequest(AuthHandler):
    """Asks for the login service once, not before every key as Paramiko does; asyncssh, for one, hangs up at the second.

    OpenSSH is sent the first key together with that request.
    """

    asked = False
    at_once = False

    def _request_auth(self) -> None:
        if not self.asked:
            super()._request_auth()  # type: ignore[misc]
        if self.asked or self.at_once:
            self.asked = True
            super()._parse_service_accept(paramiko.Message(ACCEPTED))  # type: ignore[misc]
        self.asked = True

    def _parse_service_accept(self, message: paramiko.Message) -> None:
        if not self.at_once:
            super()._parse_service_accept(message)  # type: ignore[misc]

    def _parse_userauth_banner(self, message: paramiko.Message) -> None:
        cast(Transport, self.transport).words.append(message.get_binary())


class Transport(paramiko.Transport):
    """Paramiko's, with one handler for all the keys that are tried. `flight` goes with a key that is the only one."""

    _preferred_ciphers = authenticated_first(offered(paramiko.Transport._preferred_ciphers))  # type: ignore[attr-defined]
    _preferred_macs = offered(paramiko.Transport._preferred_macs)  # type: ignore[attr-defined]
    _preferred_kex = offered(paramiko.Transport._preferred_kex)  # type: ignore[attr-defined]
    _preferred_keys = with_certificates(offered(paramiko.Transport._preferred_keys))  # type: ignore[attr-defined]
    _preferred_pubkeys = offered(paramiko.Transport._preferred_pubkeys)  # type: ignore[attr-defined]

    auth_handler: OneRequest | None
    flight: Flight | None = None
    _flown: paramiko.Channel | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.packetizer = self._packets = Packets(self.sock)
        self.packetizer.set_log(self.logger)
        self.words = list[bytes]()
        """What the server says for people: before SSH, in its banners, PAM's messages among them, and why it hangs up."""

    @property
    def heard(self) -> int:
        """How many messages have come from the server."""
        return self._packets.messages

    def ask(self) -> None:
        """Ask for a sign of life, which counts as heard; it is not waited for. Raises what Paramiko does."""
        message = paramiko.Message()
        message.add_byte(cMSG_GLOBAL_REQUEST)
        message.add_string(QUESTION)
        message.add_boolean(True)
        self._send_user_message(message)  # type: ignore[attr-defined]

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """The types of host keys in the order in which they were set; Paramiko asks for certificates last."""
        return cast(tuple[str, ...], self._filter_algorithm("keys"))  # type: ignore[attr-defined]

    def _verify_key(self, host_key: bytes, signature: bytes) -> None:
        """As Paramiko's, for a key of the type that was agreed on: a certificate only where one was asked for."""
        if paramiko.Message(host_key).get_binary() != of_key(self.host_key_type or "").encode():
            raise paramiko.SSHException("the host key is not of the type that was agreed on")
        super()._verify_key(host_key, signature)  # type: ignore[misc]

    def _check_banner(self) -> None:
        try:
            super()._check_banner()  # type: ignore[misc]
        finally:
            self.words.append(self._packets.before)

    @property
    def reads_on(self) -> bool:
        """Whether the server takes messages that come before its answers."""
        return self.remote_version.startswith(OPENSSH)

    def close(self) -> None:
        """Close it, and with it every channel. Never raises: the hop before, which carries it, may be gone already."""
        with suppress(paramiko.SSHException, EOFError, OSError):
            super().close()

    def _parse_disconnect(self, message: paramiko.Message) -> None:
        message.get_int()
        self.words.append(message.get_binary())

    def auth_publickey(
        self, username: str, key: paramiko.PKey, event: threading.Event | None = None, *, only: bool = False
    ) -> list[str]:
        """Try one key; what is asked for besides it, when it is taken but not enough. `only`: no other will be tried."""
        event = event or threading.Event()
        handler = self.auth_handler = self.auth_handler or OneRequest(self)
        handler.at_once = self.reads_on
        handler.auth_publickey(username, key, event)
        if only and self.flight and self.reads_on:
            self._flown = self._send_ahead(self.flight)
        try:
            more = handler.wait_for_response(event)
        except BaseException:
            self._forget()
            raise
        if more:
            self._forget()
        return more

    def auth_password(
        self, username: str, password: str, event: threading.Event | None = None, fallback: bool = True
    ) -> list[str]:
        """Try a password, as an answer to a question (keyboard-interactive) where the server takes none by itself."""
        event = event or threading.Event()
        handler = self.auth_handler = self.auth_handler or OneRequest(self)
        handler.at_once = self.reads_on
        handler.auth_password(username, password, event)
        try:
            return handler.wait_for_response(event)
        except paramiko.BadAuthenticationType:
            return super().auth_password(username, password, fallback=fallback)

    def begin(self, flight: Flight) -> paramiko.Channel:
        """A session that runs the command, and is sent the data; neither is waited for.

        Raises paramiko.ChannelException where the server refuses a session.
        """
        channel, self._flown = self._flown, None
        if channel is not None and flight is self.flight:
            self._wait_for(channel)
            return channel
        channel = self.open_session(timeout=OPEN_SECONDS)
        if self.reads_on:
            self._send_together(_begins(channel.remote_chanid, flight))
        else:
            self._send_together(_begins(channel.remote_chanid, flight._replace(data=b"")))
            channel.settimeout(OPEN_SECONDS)
            channel.sendall(flight.data)
        return channel

    def _send_ahead(self, flight: Flight) -> paramiko.Channel:
        """Open a session, start the command and send the data before the server has answered to anything."""
        with self.lock:
            window, packet = self._sanitize_window_size(None), self._sanitize_packet_size(None)  # type: ignore[attr-defined]
            number = self._next_channel()  # type: ignore[attr-defined]
            channel = paramiko.Channel(number)
            self._channels.put(number, channel)  # type: ignore[attr-defined]
            self.channel_events[number] = threading.Event()
            self.channels_seen[number] = True
            channel._set_transport(self)  # type: ignore[attr-defined]
            channel._set_window(window, packet)  # type: ignore[attr-defined]
        self._send_together([_open(number, window, packet), *_begins(FIRST_SESSION, flight)])
        return channel

    def _send_together(self, messages: Iterable[paramiko.Message]) -> None:
        """Send messages that no other comes between: OpenSSH hangs up for data of a session whose end has been answered.

        As `_send_user_message` does, it waits while keys are exchanged, and sends nothing over a connection that has ended.
        """
        while self.active:  # type: ignore[attr-defined]
            self.clear_to_send.wait(0.1)
            with self.clear_to_send_lock:
                if self.clear_to_send.is_set():
                    for message in messages:
                        self._send_message(message)  # type: ignore[attr-defined]
                    return

    def _wait_for(self, channel: paramiko.Channel) -> None:
        number = channel.chanid
        event = self.channel_events.get(number)
        deadline = time.monotonic() + OPEN_SECONDS
        while event and not event.wait(0.1) and self.is_active():
            if time.monotonic() > deadline:
                raise paramiko.SSHException("Timeout opening channel.")
        refused = not channel.active and self._channels.get(number) is None  # type: ignore[attr-defined]
        if refused or channel.remote_chanid != FIRST_SESSION:  # one that has ended by now was opened
            raise self.get_exception() or EOFError()

    def _forget(self) -> None:
        """The key was refused, and what was sent after it was not read."""
        if self._flown is not None:
            self._unlink_channel(self._flown.chanid)  # type: ignore[attr-defined]
            self._flown = None


def _open(number: int, window: int, packet: int) -> paramiko.Message:
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_OPEN)
    message.add_string("session")
    for value in (number, window, packet):
        message.add_int(value)
    return message


def _begins(session: int, flight: Flight) -> Iterator[paramiko.Message]:
    """What starts a command in an open session, and gives it its data."""
    message = paramiko.Message()
    message.add_byte(cMSG_CHANNEL_REQUEST)
    message.add_int(session)
    message.add_string("exec")
    message.add_boolean(True)
    message.add_string(flight.command)
    yield message
    for start in range(0, len(flight.data), PIECE):
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_DATA)
        message.add_int(session)
        message.add_string(flight.data[start : start + PIECE])
        yield message
