"""What OpenSSH's own client offers: ciphers, MACs, key exchanges, signatures. What Paramiko has besides is not offered."""

import re
from collections.abc import Iterable

CERTIFICATE = "-cert-v01@openssh.com"
"""How the names of a certificate's types end."""

OPENSSH = frozenset(
    [
        *("chacha20-poly1305@openssh.com", "aes128-gcm@openssh.com", "aes256-gcm@openssh.com"),
        *("aes128-ctr", "aes192-ctr", "aes256-ctr"),
        *("umac-64-etm@openssh.com", "umac-128-etm@openssh.com", "umac-64@openssh.com", "umac-128@openssh.com"),
        *("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha1-etm@openssh.com"),
        *("hmac-sha2-256", "hmac-sha2-512", "hmac-sha1"),
        *("mlkem768x25519-sha256", "sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com"),
        *("curve25519-sha256", "curve25519-sha256@libssh.org"),
        *("ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521"),
        *("diffie-hellman-group-exchange-sha256", "diffie-hellman-group14-sha256"),
        *("diffie-hellman-group16-sha512", "diffie-hellman-group18-sha512"),
        *("ssh-ed25519", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com"),
        *("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
        *("rsa-sha2-512", "rsa-sha2-256"),
    ]
)


def with_certificates(names: Iterable[str]) -> tuple[str, ...]:
    """The names of host key types, and then those of their certificates."""
    plain = tuple(names)
    return (*plain, *(f"{name}{CERTIFICATE}" for name in plain))


def of_key(name: str) -> str:
    """The type that a host key has when `name` was agreed on: RSA keys are agreed on by their signatures."""
    return re.sub("^rsa-sha2-(256|512)", "ssh-rsa", name)


def offered(names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that OpenSSH would offer too, in their order."""
    return tuple(name for name in names if name in OPENSSH)


def authenticated_first(ciphers: Iterable[str]) -> tuple[str, ...]:
    """Those first that check a packet themselves: of the others, Paramiko compares each MAC byte by byte."""
    return tuple(sorted(ciphers, key=lambda name: "gcm" not in name))
