"""The line that a refused login prints logs in, once the host takes the key again."""

import shutil
import subprocess

import pytest

from tests.support.acme import Acme
from tests.support.fab import PATIENCE

KEYS = "/home/ftsuser/.ssh/authorized_keys"


def pasted(acme: Acme, *options: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of the line of a login that was refused, with options that the test's ssh needs."""
    acme.host.sh(f"mv {KEYS} {KEYS}.away")
    said = acme.fab("status", code=7).err
    acme.host.sh(f"mv {KEYS}.away {KEYS}")
    (line,) = (line.removeprefix("next: ") for line in said.split("\n") if line.startswith("next: "))
    words = ["bash", "-c", line.replace("ssh ", f"ssh -o BatchMode=yes {' '.join(options)} ", 1)]
    here = {"PATH": "/usr/bin:/bin", "HOME": str(acme.workstation)}
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, env=here, check=False)


@pytest.mark.parametrize("name", ["known hosts", "known 'hosts' of 100%", "known\u00a0hosts"])
def test_a_file_of_any_name_is_found(acme: Acme, name: str) -> None:
    file, key = acme.host.folder / name, acme.host.folder / f"key, {name}"
    shutil.copy(acme.host.known_hosts_file, file)
    shutil.copy(acme.host.identity_file, key)
    acme.write(known_hosts_file=str(file), identity_file=str(key))
    done = pasted(acme)
    assert done.returncode == 0, done.stderr


def test_its_command_is_run_where_ssh_config_has_another(acme: Acme) -> None:
    config = acme.workstation / ".ssh/config"
    config.parent.mkdir(mode=0o700)
    config.write_text("Host *\n  RemoteCommand tmux\n")
    config.chmod(0o600)
    done = pasted(acme, "-F", str(config))
    assert done.returncode == 0, done.stderr
