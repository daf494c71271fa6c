"""Logging in to a hop: its key files, then the agent, then a password if `fab` asked for one; no prompt, no long wait.

Paramiko's own way stops at a missing file, waits for ever for an agent that hangs, and reports whichever key came last.
"""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import paramiko
from paramiko.auth_handler import AuthHandler
from paramiko.auth_strategy import AuthSource, AuthStrategy
from paramiko.pkey import PublicBlob

from tasks.remote.agent import Agent, agent_socket
from tasks.remote.route import Hop

LOGIN_SECONDS = 30
ACCEPTED = b"\0\0\0\x0cssh-userauth"
KEY_TYPES = paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey


class OneRequest(AuthHandler):
    """Asks for the login service once, not before every key as Paramiko does; asyncssh, for one, hangs up at the second."""

    asked = False

    def _request_auth(self) -> None:
        if self.asked:
            self._parse_service_accept(paramiko.Message(ACCEPTED))  # type: ignore[attr-defined]
        else:
            super()._request_auth()  # type: ignore[misc]
        self.asked = True


class Transport(paramiko.Transport):
    """Paramiko's, with one handler for all the keys that are tried."""

    auth_handler: AuthHandler | None

    def auth_publickey(self, username: str, key: paramiko.PKey, event: threading.Event | None = None) -> list[str]:
        """Try one key; what is asked for besides it, when it is taken but not enough."""
        event = event or threading.Event()
        handler = self.auth_handler = self.auth_handler or OneRequest(self)
        handler.auth_publickey(username, key, event)
        return handler.wait_for_response(event)


class Attempt(AuthSource):
    """One key that is tried, under the name a person knows it by."""

    def __init__(self, hop: Hop, label: str, key: paramiko.PKey | Exception) -> None:
        super().__init__(hop.user)
        self.label = label
        self.key = key

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Log in with it, or raise why not."""
        if isinstance(self.key, Exception):
            raise self.key
        if not transport.is_active():
            raise paramiko.SSHException("not tried")
        asked_for = transport.auth_publickey(self.username, self.key)
        if asked_for:
            raise paramiko.AuthenticationException(f"accepted, but not enough: it also wants {', '.join(asked_for)}")
        return []


class PasswordAttempt(AuthSource):
    """The password of `fab --prompt-for-login-password`."""

    label = "password"

    def __init__(self, hop: Hop, password: str) -> None:
        super().__init__(hop.user)
        self.password = password

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Log in with it, or raise why not."""
        return transport.auth_password(self.username, self.password)


class Login(AuthStrategy):
    """What to try on one hop, in order; `password` and `passphrase` are what `fab` asked for at its start, or None."""

    def __init__(self, hop: Hop, password: str | None = None, passphrase: str | None = None) -> None:
        super().__init__(ssh_config=paramiko.SSHConfig())
        self.hop = hop
        self.password = password
        self.passphrase = passphrase

    def get_sources(self) -> Iterator[AuthSource]:
        """Every attempt, each made ready only when the ones before it were refused."""
        tried = set()
        for path in self.hop.identities:
            key = load(path, self.passphrase or self.password)
            tried.add(key if isinstance(key, Exception) else key.asbytes())
            yield Attempt(self.hop, str(path), key)
        for label, key in self._agent_keys():
            if isinstance(key, Exception) or key.asbytes() not in tried:
                yield Attempt(self.hop, label, key)
        if self.password:
            yield PasswordAttempt(self.hop, self.password)

    def _agent_keys(self) -> Iterator[tuple[str, paramiko.PKey | Exception]]:
        path = agent_socket(self.hop)
        if not path:
            return
        try:
            agent = Agent(path)
        except Exception as error:  # an agent that is broken, in whatever way, is no agent
            yield f"agent at {path}", error
            return
        wanted = [blob for file in self.hop.identities if (blob := _public_blob(file))]
        try:
            for key in agent.get_keys():
                if not self.hop.identities_only or key.asbytes() in wanted:
                    yield f"agent key {key.comment or key.fingerprint}", key
        finally:
            agent.close()


def load(path: Path, passphrase: str | None) -> paramiko.PKey | Exception:
    """The private key in a file, with its certificate where there is one, or why it cannot be used."""
    for key_type in KEY_TYPES:
        try:
            key = cast(paramiko.PKey, key_type.from_private_key_file(str(path), passphrase))
            certificate = path.with_name(f"{path.name}-cert.pub")
            if certificate.is_file():
                key.load_certificate(str(certificate))
            return key
        except paramiko.PasswordRequiredException:
            return paramiko.SSHException("encrypted: `ssh-add` it first, or add --prompt-for-passphrase")
        except OSError as error:
            return error
        except (paramiko.SSHException, ValueError, IndexError, UnicodeDecodeError):
            continue
    return paramiko.SSHException("not a private key that can be read" + (" with that passphrase" if passphrase else ""))


def _public_blob(path: Path) -> bytes | None:
    """The public half beside a key file, which ssh uses to find the key in the agent."""
    try:
        return PublicBlob.from_file(f"{path}.pub").key_blob
    except (OSError, ValueError):
        return None
