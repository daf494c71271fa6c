"""A private key in a file on the workstation."""

from pathlib import Path
from typing import cast

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

KEY_TYPES = paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey


def load(path: Path, passphrase: str | None) -> paramiko.PKey | Exception:
    """The private key in a file, or why it cannot be used."""
    for key_type in KEY_TYPES:
        try:
            return _rsa(path) or cast(paramiko.PKey, key_type.from_private_key_file(str(path), passphrase))
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
