"""Logging in to a hop: its key files, then the agent, then a password if `fab` asked for one; no prompt, no long wait.

Paramiko's own way stops at a missing file, waits for ever for an agent that hangs, and reports whichever key came last.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key
from paramiko.auth_strategy import AuthSource, AuthStrategy
from paramiko.pkey import PublicBlob

from tasks.remote.agent import Agent, agent_socket
from tasks.remote.route import Hop
from tasks.remote.transport import Transport

LOGIN_SECONDS = 30
KEY_TYPES = paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey


class Attempt(AuthSource):
    """One key that is tried, under the name a person knows it by."""

    def __init__(self, hop: Hop, label: str, key: paramiko.PKey | Exception, *, only: bool = False) -> None:
        super().__init__(hop.user)
        self.label = label
        self.key = key
        self.only = only

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Log in with it, or raise why not."""
        if isinstance(self.key, Exception):
            raise self.key
        if not transport.is_active():
            raise paramiko.SSHException("not tried")
        asked_for = cast(Transport, transport).auth_publickey(self.username, self.key, only=self.only)
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
            yield Attempt(self.hop, str(path), key, only=len(self.hop.identities) == 1)
        for label, key, only in self._agent_keys():
            if isinstance(key, Exception) or key.asbytes() not in tried:
                yield Attempt(self.hop, label, key, only=only and not tried)
        if self.password:
            yield PasswordAttempt(self.hop, self.password)

    def _agent_keys(self) -> Iterator[tuple[str, paramiko.PKey | Exception, bool]]:
        """Each with its name, and whether there is no other."""
        path = agent_socket(self.hop)
        if not path:
            return
        try:
            agent = Agent(path)
        except Exception as error:  # an agent that is broken, in whatever way, is no agent
            yield f"agent at {path}", error, False
            return
        wanted = [blob for file in self.hop.identities if (blob := _public_blob(file))]
        try:
            usable = [key for key in agent.get_keys() if not self.hop.identities_only or key.asbytes() in wanted]
            for key in usable:
                yield f"agent key {key.comment or key.fingerprint}", key, len(usable) == 1
        finally:
            agent.close()


def load(path: Path, passphrase: str | None) -> paramiko.PKey | Exception:
    """The private key in a file, with its certificate where there is one, or why it cannot be used."""
    for key_type in KEY_TYPES:
        try:
            key = _rsa(path) or cast(paramiko.PKey, key_type.from_private_key_file(str(path), passphrase))
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


def _rsa(path: Path) -> paramiko.PKey | None:
    """An RSA key without a passphrase, without the tenth of a second in which it is judged: the server does that."""
    data = path.read_bytes()
    read = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else load_pem_private_key
    try:
        key = read(data, None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None  # with a passphrase, or not a key: Paramiko finds out which
    return paramiko.RSAKey(key=key) if isinstance(key, RSAPrivateKey) else None


def _public_blob(path: Path) -> bytes | None:
    """The public half beside a key file, which ssh uses to find the key in the agent."""
    try:
        return PublicBlob.from_file(f"{path}.pub").key_blob
    except (OSError, ValueError):
        return None
