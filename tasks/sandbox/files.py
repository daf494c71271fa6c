"""What lies in a fresh sandbox before anything is started: keys, homes, runtime files, and the host's commands."""

import shlex
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tasks.sandbox import host
from tasks.sandbox.host.layout import LIVE_LINK, USERS, Layout

COMMANDS = ("sudo", "systemctl", "supervisorctl")
RUNTIME_FILES = {
    ".env.local": "APP_SECRET=sandbox-app-secret-1a2b3c\nDATABASE_URL=mysql://site:sandbox-password@127.0.0.1/site\n",
    "config/credentials/payments.json": '{"account": "theatre", "token": "sandbox-payments-token"}\n',
    "config/credentials/mailer.json": '{"account": "theatre", "token": "sandbox-mailer-token"}\n',
}


def create_shared(first: Layout) -> str:
    """Lay out what all hosts share: the media, and the key that they accept, whose public half is returned."""
    first.media.mkdir(parents=True)
    (first.media / "poster.txt").write_text("The poster of the season: it outlives releases.\n")
    return _create_key(first.identity_file)


def create(layout: Layout, accepted: str) -> None:
    """Lay out a fresh host, which accepts this public key."""
    for folder in (layout.bin, layout.logs, layout.run / "processes", layout.run / "fail"):
        folder.mkdir(parents=True)
    layout.sudoers.write_text("ALL\n")
    _create_key(layout.host_key)
    for user in USERS:
        _write_private(layout.home(user) / ".ssh" / "authorized_keys", accepted)
    for name, text in RUNTIME_FILES.items():
        _write_private(layout.release_home / "runtime" / LIVE_LINK / name, text)
    for name in COMMANDS:  # a shebang could hold neither spaces nor arguments; they are called often, and need no packages (-S)
        words = [sys.executable, "-S", str(Path(host.__file__).parent), name, str(layout.folder)]
        file = layout.bin / name
        file.write_text(f'#!/bin/bash\nexec {shlex.join(words)} "$@"\n')
        file.chmod(0o755)


def _create_key(file: Path) -> str:
    """Make a key pair; the public half is returned."""
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode() + "\n"
    _write_private(file, private.decode())
    file.with_suffix(".pub").write_text(public)
    return public


def _write_private(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.touch(mode=0o600)
    file.write_text(text)
