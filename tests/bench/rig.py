"""What everything is measured on: a workstation (this process), a host with a real sshd, and a delaying link between them.

All of it lies in namespaces of the process that `isolate` starts: nothing is left when that ends, however it ends.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.bench.link import Link, addresses
from tests.support.sshd import Host, missing

INSIDE = "--inside"
NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
RELEASE_USER, SERVICE_USER = "ftsuser", "ubuntu"
FOLDER = Path("/media")
TOOLS = {"ip": "iproute2"}


def lacking() -> str:
    """What this machine lacks for the rig, and how to get it; "" when nothing."""
    packages = sorted(package for tool, package in TOOLS.items() if not shutil.which(tool))
    install = f"missing here: apt-get install {' '.join(packages)}" if packages else ""
    device = "" if Path("/dev/net/tun").exists() else "there is no /dev/net/tun here"
    return "; ".join(filter(None, [missing(), install, device]))


def isolate(words: Sequence[str]) -> None:
    """Become a process whose child runs this benchmark again, with `words`, in namespaces of its own."""
    os.execvp("unshare", ["unshare", *NAMESPACES, sys.executable, "-m", "tests.bench", INSIDE, *words])  # noqa: S606


class RemoteHost(Host):
    """The host, in a network of its own, reached over the link."""

    listens_on = "0.0.0.0"  # noqa: S104
    isolated = (*Host.isolated, "--net")

    def __init__(self, folder: Path, number: int = 0) -> None:
        super().__init__(folder)
        _, self.address = addresses(number)

    def seen_here(self, path: str) -> Path:
        """An absolute path of the host, as a path of this process."""
        return Path(f"/proc/{self.init}/root{path}")


class Rig:
    """A host, the link to it, and what the workstation needs: a home, and a key that both users accept.

    `number` is that of the host, of which there may be several; each has a folder of its own.
    """

    def __init__(self, folder: Path, number: int = 0) -> None:
        self.folder, self.workstation, self.key, self._number = folder, folder / "workstation", folder / "key.pem", number
        self.host = RemoteHost(folder / "host", number)
        self._end = ExitStack()

    def start(self, key: Path | None = None) -> None:
        """Boot the host, and join it to the workstation. It accepts this key, or one that is made."""
        self.workstation.mkdir(parents=True)
        self.host.start()
        self._end.callback(self.host.stop)
        self.link = Link(self.host.init, self._number)
        self._end.callback(self.link.stop)
        self.host.write("/etc/machine-id", f"{self._number:032x}\n", "root")
        if key:
            self.key = key
        else:
            self._make_key()
        self._accept_key()

    def environment(self, **more: str) -> dict[str, str]:
        """All that a program of the workstation starts with."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.workstation), "LC_ALL": "C.UTF-8", "USER": "anna", **more}

    def stop(self) -> None:
        """End the link and the host."""
        self._end.close()

    def _make_key(self) -> None:
        """An RSA key in PEM: what EC2 hands out, and what every peer can read."""
        words = ["ssh-keygen", "-q", "-t", "rsa", "-b", "3072", "-m", "PEM", "-N", "", "-C", "anna@laptop", "-f", str(self.key)]
        subprocess.run(words, check=True)

    def _accept_key(self) -> None:
        public = self.key.with_name(f"{self.key.name}.pub").read_text()
        for user in (RELEASE_USER, SERVICE_USER):
            self.host.write(f"/home/{user}/.ssh/authorized_keys", public, user, "600")
        self.host.sh("git config --global --add safe.directory '*'", RELEASE_USER)


@contextmanager
def rig() -> Iterator[Rig]:
    """A rig in memory. The mount is in this process's namespace alone, and hides an empty directory of every Debian."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(FOLDER)], check=True)
    made = Rig(FOLDER)
    try:
        made.start()
        yield made
    finally:
        made.stop()
