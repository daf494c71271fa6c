"""A host's certificate: its key, signed by an authority for its names and for a time, judged as ssh judges it."""

import time
from base64 import b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    SSHCertificate,
    SSHCertificateType,
    load_ssh_public_identity,
)

from tasks.remote.identity import string
from tasks.remote.known_hosts import RSA_SIGNATURES, HostKey

SAFE = frozenset(["ssh-ed25519", *(f"ecdsa-sha2-nistp{bits}" for bits in (256, 384, 521)), *RSA_SIGNATURES])
"""Signatures that count: ssh's CASignatureAlgorithms, without those of security keys, which cannot be verified here."""

LATEST = 253_402_300_799
"""The last second that has a date of four digits; "forever" lies after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says, and whether its authority has signed that. Times are seconds since 1970."""

    key_id: str
    authority: HostKey
    signature: str
    signed: bool
    for_a_host: bool
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int
    critical_options: tuple[str, ...]

    @classmethod
    def parse(cls, blob: bytes) -> "Certificate":
        """Read one as it goes over the wire. Raises ValueError."""
        kind = string(blob)[0]
        try:
            found = load_ssh_public_identity(kind + b" " + b64encode(blob))
            if not isinstance(found, SSHCertificate):
                raise ValueError("not a certificate")
            words = found.signature_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode().split()
        except UnsupportedAlgorithm as error:
            raise ValueError(str(error)) from error
        authority = HostKey.parse(*words)
        assert authority
        return cls(
            key_id=found.key_id.decode("utf-8", "replace"),
            authority=authority,
            signature=_signature(blob, found),
            signed=_signed(found),
            for_a_host=found.type is SSHCertificateType.HOST,
            principals=tuple(name.decode("utf-8", "replace") for name in found.valid_principals),
            valid_after=found.valid_after,
            valid_before=found.valid_before,
            critical_options=tuple(name.decode("utf-8", "replace") for name in found.critical_options),
        )

    def fault(self, name: str, now: float) -> str:
        """Why it does not show that its key is the host `name`'s at `now`, for any authority; "" when it does."""
        if self.signature not in SAFE:
            return f"is signed with {self.signature!r}, which is not safe"
        if not self.signed:
            return "has a signature that is not its authority's"
        if not self.for_a_host:
            return "is a user's, not a host's"
        if now < self.valid_after:
            return f"is not valid before {_date(self.valid_after)}; here it is {_date(now)}"
        if now >= self.valid_before:
            return f"expired at {_date(self.valid_before)}; here it is {_date(now)}"
        return self._limits(name)

    def _limits(self, name: str) -> str:
        if name not in self.principals:  # no pattern, and case counts, as in ssh
            listed = ", ".join(map(repr, self.principals)) or "no name, which is not taken for every name"
            return f"is for {listed}, not for {name!r}"
        if self.critical_options:
            return f"has a critical option that is unknown here: {', '.join(map(repr, self.critical_options))}"
        return ""


def _signed(certificate: SSHCertificate) -> bool:
    try:
        certificate.verify_cert_signature()
    except (InvalidSignature, ValueError):
        return False
    return True


def _signature(blob: bytes, certificate: SSHCertificate) -> str:
    """The algorithm of the signature, which is the last string of a certificate that was read already."""
    numbers = ("its number",) if isinstance(certificate.public_key(), Ed25519PublicKey) else ("one number", "another")
    rest = blob
    for _ in ("type", "nonce", *numbers):
        rest = string(rest)[1]
    rest = rest[8 + 4 :]  # serial, type
    for _ in ("key id", "principals"):
        rest = string(rest)[1]
    rest = rest[8 + 8 :]  # valid after, valid before
    for _ in ("critical options", "extensions", "reserved", "authority"):
        rest = string(rest)[1]
    return string(string(rest)[0])[0].decode("ascii", "replace")


def _date(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(min(seconds, LATEST)))
