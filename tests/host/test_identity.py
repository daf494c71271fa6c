"""Identities against a real OpenSSH and a real ssh-agent, found as ssh_config names them."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.acme import Acme


def keygen(*words: object) -> None:
    subprocess.run(["ssh-keygen", "-q", *map(str, words)], check=True, capture_output=True)


@pytest.fixture
def configured(acme: Acme) -> Callable[[str], None]:
    """Write the ssh_config of a workstation whose hosts.yml names no key."""
    acme.write(identity_file=None)
    (acme.workstation / ".ssh").mkdir()

    def write(text: str) -> None:
        (acme.workstation / ".ssh/config").write_text(text)
        (acme.workstation / ".ssh/config").chmod(0o600)

    return write


@pytest.fixture
def agent(acme: Acme, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """A real agent at ~/agent of the workstation, to which keys are added."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    (acme.workstation / "agent").symlink_to(socket)

    def add(*keys: Path) -> None:
        subprocess.run(["ssh-add", "-q", *keys], env={"SSH_AUTH_SOCK": str(socket), "PATH": "/usr/bin:/bin"}, check=True)

    yield add
    process.kill()
    process.communicate()


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_an_encrypted_key_among_nine_in_an_agent_is_the_one_that_is_used(
    acme: Acme, configured: Callable[[str], None], agent: Callable[..., None], tmp_path: Path, kind: str
) -> None:
    keys = [tmp_path / f"key{number}" for number in range(9)]
    for key in keys:
        keygen("-t", kind, "-N", "", "-f", key)
    acme.host.sh(f"echo '{keys[8].with_suffix('.pub').read_text()}' >~/.ssh/authorized_keys", "ftsuser")
    agent(*keys)
    keygen("-p", "-P", "", "-N", "a passphrase", "-f", keys[8])
    keys[8].with_suffix(".pub").unlink()
    configured(f"Host *\n  IdentityAgent ~/agent\n  IdentitiesOnly yes\n  IdentityFile {keys[8]} # the ninth\n")
    acme.fab("status")


@pytest.fixture
def certificate(acme: Acme, tmp_path: Path) -> Path:
    """A key that is let in by the certificate beside it alone: KEY, KEY.pub and CERTIFICATE."""
    keygen("-t", "ed25519", "-N", "", "-f", tmp_path / "authority")
    key = tmp_path / "key"
    keygen("-t", "ed25519", "-N", "", "-f", key)
    keygen("-s", tmp_path / "authority", "-I", "anna", "-n", "ftsuser", f"{key}.pub")
    (tmp_path / "key-cert.pub").rename(tmp_path / "elsewhere")
    authority = (tmp_path / "authority.pub").read_text().strip()
    acme.host.sh(f"echo 'cert-authority {authority}' >~/.ssh/authorized_keys", "ftsuser")
    return key


def test_a_certificate_that_ssh_config_names_goes_with_its_key(
    acme: Acme, configured: Callable[[str], None], certificate: Path
) -> None:
    configured(f"IdentityFile {certificate}\nCertificateFile {certificate.parent}/elsewhere\n")
    acme.fab("status")


def test_a_certificate_that_is_refused_leaves_the_key(acme: Acme, configured: Callable[[str], None], certificate: Path) -> None:
    acme.host.sh(f"echo '{certificate.with_suffix('.pub').read_text()}' >~/.ssh/authorized_keys", "ftsuser")
    shutil.copy(certificate.parent / "elsewhere", f"{certificate}-cert.pub")
    configured(f"IdentityFile {certificate}\n")
    acme.fab("status")
