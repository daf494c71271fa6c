"""What went wrong on the way to a host: one sentence that names the hop, and what to type."""

import errno
import socket
from collections.abc import Iterable

import paramiko
from paramiko.auth_strategy import AuthFailure

from tasks.errors import Unreachable
from tasks.remote.route import Hop

NO_ROUTE = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL)


OF_PARAMIKO = "Error reading SSH protocol banner"
WORDS = 20
"""Lines of a host's own words that are shown."""


def unreachable(hop: Hop, error: Exception, last_words: str = "", said: Iterable[bytes] = ()) -> Unreachable:
    """The error for people, from whatever the system or Paramiko raised while reaching `hop`, and what the host `said`."""
    words = [line.rstrip() for text in said for line in text.decode("utf-8", "replace").split("\n") if line.strip()]
    printed = [f"the host said: {line}" for line in words[-WORDS:]]
    if isinstance(error, AuthFailure):
        return _refused(hop, error, printed)
    waited = f"{hop.timeout:g} s are the longest that is waited for it; for 60 s: fab -t 60"
    words_of_it = [f"ProxyCommand: {hop.proxy_command}", f"it said: {last_words or 'nothing'}", waited]
    details = words_of_it if hop.proxy_command else []
    what = _network(hop, error) if isinstance(error, OSError) else _protocol(hop, error, printed)
    return Unreachable(f"{hop}: {what}", details=[*details, *printed], next=hop.ssh)


def _network(hop: Hop, error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return f"the name {hop.host} cannot be resolved: {error.strerror}"
    if isinstance(error, TimeoutError):
        return f"no answer within {hop.timeout:g} s; a firewall, a security group or a VPN in between?"
    if isinstance(error, ConnectionRefusedError):
        return f"connection refused: nothing listens on port {hop.port}"
    if error.errno in NO_ROUTE:
        return f"no route to {hop.host}: {error.strerror}"
    return f"the connection failed: {error.strerror or error}"


def _protocol(hop: Hop, error: Exception, printed: list[str]) -> str:
    said = str(error)
    if isinstance(error, paramiko.ChannelException):
        return f"the bastion before it could not connect to it: {error.text}"
    if isinstance(error, UnicodeError):
        return f"{hop.host!r} is not a host name"
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return f"it and this workstation share no way to encrypt: {said}"
    if "banner" in said or "protocol version" in said:
        nothing = "it answers, and does not begin SSH" if printed else "no SSH server answers there"
        return ": ".join(filter(None, [nothing, said.partition(OF_PARAMIKO)[2].strip(" :")]))
    if isinstance(error, EOFError) or not said:
        return "the connection was closed during the handshake, or stood still"
    return f"the SSH connection failed: {said.rstrip('.')}"


class NoSession(Unreachable):
    """The login is good, and no program can be started with it."""


def no_session(host: str, refused: paramiko.ChannelException) -> NoSession:
    """From what Paramiko raised when a session was asked for."""
    return NoSession(
        f"{host} refuses another session on the same connection ({refused.text})",
        next="# MaxSessions in its sshd_config; 10 is the default",
    )


def _refused(hop: Hop, failure: AuthFailure, printed: list[str]) -> Unreachable:
    for _, result in failure.result:
        if isinstance(result, paramiko.ChannelException):  # of the session that was asked for together with the key
            return no_session(hop.host, result)
    tried = [f"{getattr(source, 'label', source)}: {_reason(result, printed)}" for source, result in failure.result]
    none = [] if tried else ["no key to try: no identity_file, no key in ~/.ssh, and no agent"]
    return Unreachable(f"{hop}: could not log in", details=[*tried, *none, *printed], next=hop.ssh)


def _reason(result: object, printed: list[str]) -> str:
    if isinstance(result, TimeoutError):
        return "does not answer"
    if isinstance(result, OSError):
        return result.strerror or str(result)
    said = str(result).rstrip(".")
    if "saw EOF" in said:
        return _hung_up(printed)
    return "refused" if said == "Authentication failed" else said


def _hung_up(printed: list[str]) -> str:
    """Its own words say why; without any, or where they say so, there were too many keys."""
    if any("too many authentication failures" in line.lower() for line in printed):
        return "the host hung up after too many keys: name the right one, identity_file in hosts.yml"
    return (
        "the host hung up"
        if printed
        else "the host hung up; after too many keys? name the right one: identity_file in hosts.yml"
    )
