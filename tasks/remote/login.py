"""Logging in to a hop: its identities, then the agent, then a password if `fab` asked for one; no prompt, no long wait.

An identity is found in its file, or by its public half in the agent, which is asked only for what no file has.

Paramiko's own way stops at a missing file, waits for ever for an agent that hangs, and reports whichever key came last.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import paramiko
from paramiko.auth_strategy import AuthSource, AuthStrategy
from paramiko.pkey import PublicBlob

from tasks.remote.agent import HeldKeys, agent_socket, certificate_of
from tasks.remote.identity import blob_of, certificates_of, public_half
from tasks.remote.key_file import load
from tasks.remote.route import Hop
from tasks.remote.transport import Transport

LOGIN_SECONDS = 30


class Attempt(AuthSource):
    """One key that is tried, under the name a person knows it by."""

    def __init__(
        self,
        hop: Hop,
        label: str,
        key: paramiko.PKey | Exception,
        *,
        certificate: PublicBlob | None = None,
        only: bool = False,
    ) -> None:
        super().__init__(hop.user)
        self.label = label
        self.key = key
        self.certificate = certificate
        self.only = only

    @property
    def offered(self) -> bytes | Exception:
        """What the host is asked to take."""
        if isinstance(self.key, Exception):
            return self.key
        return self.certificate.key_blob if self.certificate else self.key.asbytes()

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Log in with it, or raise why not."""
        if isinstance(self.key, Exception):
            raise self.key
        if not transport.is_active():
            raise paramiko.SSHException("not tried")
        self.key.public_blob = self.certificate
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
        tried = set[bytes | Exception]()
        agent = HeldKeys(agent_socket(self.hop))
        try:
            for attempt in self._key_attempts(agent, tried):
                if attempt.offered not in tried:
                    tried.add(attempt.offered)
                    yield attempt
        finally:
            agent.close()
        if self.password:
            yield PasswordAttempt(self.hop, self.password)

    def _key_attempts(self, agent: HeldKeys, tried: set[bytes | Exception]) -> Iterator[Attempt]:
        for path in self.hop.identities:
            yield from self._with_certificates(path, self._key(path, agent))
        if agent.problem:
            yield Attempt(self.hop, f"agent at {agent.path}", agent.problem)
        wanted = [public_half(path) for path in self.hop.identities]
        usable = [key for key in agent.listed() if not self.hop.identities_only or key.asbytes() in wanted]
        for key in usable:
            only = len(usable) == 1 and not tried
            yield Attempt(
                self.hop, f"agent key {key.comment or key.fingerprint}", key, certificate=certificate_of(key), only=only
            )

    def _with_certificates(self, path: Path, key: paramiko.PKey | Exception) -> Iterator[Attempt]:
        """A key, each of its certificates first, as ssh has it."""
        only = len(self.hop.identities) == 1
        if not isinstance(key, Exception):
            for certificate in certificates_of(path, key.asbytes(), self.hop.certificates):
                yield Attempt(self.hop, f"{path} with its certificate", key, certificate=certificate, only=only)
                only = False
        yield Attempt(self.hop, str(path), key, only=only)

    def _key(self, path: Path, agent: HeldKeys) -> paramiko.PKey | Exception:
        """The private key in a file; where it is not to be had there, the agent's, which is found by its public half."""
        key = load(path, self.passphrase)
        blob = public_half(path) if isinstance(key, Exception) else None
        held = [each for each in agent.listed() if each.asbytes() == blob] if blob else []
        if held:
            return held[0]
        if isinstance(key, Exception) and blob_of(path):
            return paramiko.SSHException("a public key, and no agent holds the private one")
        return key
