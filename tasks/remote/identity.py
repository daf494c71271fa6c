"""What can be known of a key without its private half: which key it is, and which certificates are for it."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from pathlib import Path

import paramiko
from paramiko.pkey import PublicBlob

MAGIC = b"openssh-key-v1\0"
BEGIN, END = b"-----BEGIN OPENSSH PRIVATE KEY-----", b"-----END OPENSSH PRIVATE KEY-----"


def public_half(path: Path) -> bytes | None:
    """The public key that a file of ssh's is, has in its unencrypted head, or has beside it as FILE.pub."""
    return _inside(path) or blob_of(path) or blob_of(_beside(path, ".pub"))


def blob_of(path: Path) -> bytes | None:
    """A public key or a certificate, as it goes over the wire; None where the file is neither."""
    found = public_text(path)
    return found.key_blob if found else None


def public_text(path: Path) -> PublicBlob | None:
    """The same, with its type."""
    try:
        return PublicBlob.from_file(str(path))
    except (OSError, ValueError, paramiko.SSHException):
        return None


def certificates_of(path: Path, blob: bytes, named: Iterable[Path]) -> Iterator[PublicBlob]:
    """Those of `named` that are for this key, and the one that ssh-keygen has put beside it."""
    found = dict.fromkeys(
        [*named, _beside(path, "-cert.pub"), _beside(path.with_name(path.name.removesuffix(".pub")), "-cert.pub")]
    )
    certificates = filter(None, map(public_text, found))
    yield from (certificate for certificate in certificates if is_for(certificate.key_blob, blob))


def is_for(certificate: bytes, blob: bytes) -> bool:
    """Whether a certificate is for this key: after its type and a nonce, it has what the key has after its type."""
    kind, rest = string(certificate)
    return b"-cert-" in kind and string(rest)[1].startswith(string(blob)[1]) and kind.startswith(string(blob)[0])


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _inside(path: Path) -> bytes | None:
    try:
        text = path.read_bytes()
        data = base64.b64decode(text[text.index(BEGIN) + len(BEGIN) : text.index(END)])
    except (OSError, ValueError, binascii.Error):
        return None
    if not data.startswith(MAGIC):
        return None
    rest = data[len(MAGIC) :]
    for _ in ("cipher", "key derivation", "its options"):
        rest = string(rest)[1]
    return string(rest[4:])[0] or None


def string(data: bytes) -> tuple[bytes, bytes]:
    """A string as SSH writes it, and what comes after it."""
    end = 4 + int.from_bytes(data[:4], "big")
    return data[4:end], data[end:]
