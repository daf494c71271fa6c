"""What lies in a fresh sandbox before anything is started: keys, homes, runtime files, and the host's commands."""

import shlex
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tasks.sandbox import host
from tasks.sandbox.host.layout import LIVE_LINK, RELEASE_USER, USERS, Layout

COMMANDS = ("sudo", "systemctl", "supervisorctl")
RUNTIME_FILES = {
    ".env.local": "APP_SECRET=sandbox-app-secret-1a2b3c\nDATABASE_URL=mysql://site:sandbox-password@127.0.0.1/site\n",
    "config/credentials/payments.json": '{"account": "theatre", "token": "sandbox-payments-token"}\n',
    "config/credentials/mailer.json": '{"account": "theatre", "token": "sandbox-mailer-token"}\n',
}


def create(layout: Layout) -> None:
    """Lay out a fresh host."""
    for folder in (layout.bin, layout.logs, layout.folder / "efs" / "media"):
        folder.mkdir(parents=True)
    for name in ("processes", "stopped", "fail"):
        (layout.run / name).mkdir(parents=True)
    (layout.folder / "efs" / "media" / "poster.txt").write_text("The poster of the season: it outlives releases.\n")
    layout.sudoers.write_text("ALL\n")
    _create_keys(layout)
    _create_runtime_files(layout)
    for name in COMMANDS:
        _create_command(layout, name)


def known_hosts_line(layout: Layout, port: int) -> str:
    """The line of known_hosts by which a client knows this host."""
    return f"[127.0.0.1]:{port} {layout.host_key.with_suffix('.pub').read_text()}"


def _create_keys(layout: Layout) -> None:
    _create_key(layout.host_key)
    public = _create_key(layout.folder / "client_key")
    for user in USERS:
        folder = layout.home(user) / ".ssh"
        folder.mkdir(parents=True, mode=0o700)
        (folder / "authorized_keys").write_text(public)


def _create_key(file: Path) -> str:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    file.touch(mode=0o600)
    file.write_bytes(private)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    file.with_suffix(".pub").write_bytes(public + b"\n")
    return public.decode() + "\n"


def _create_runtime_files(layout: Layout) -> None:
    folder = layout.home(RELEASE_USER) / "runtime" / LIVE_LINK
    folder.mkdir(parents=True, mode=0o700)
    for name, text in RUNTIME_FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)
        file.write_text(text)


def _create_command(layout: Layout, name: str) -> None:
    """A two-line program: a shebang could hold neither spaces nor arguments. It is called often, and needs no packages (-S)."""
    words = [sys.executable, "-S", str(Path(host.__file__).parent), name, str(layout.folder)]
    file = layout.bin / name
    file.write_text(f'#!/bin/bash\nexec {shlex.join(words)} "$@"\n')
    file.chmod(0o755)
