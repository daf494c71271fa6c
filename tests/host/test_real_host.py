"""The test host keeps to itself: the machine stays as it was, and nothing outlives who started it."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import sshd
from tests.support.fab import until
from tests.support.sshd import PARTS, Host, missing

MACHINE = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/sudoers", "/etc/hosts", "/proc/sys/kernel/hostname")
START = "import pathlib, sys; from tests.support.sshd import Host; Host(pathlib.Path(sys.argv[1])).start()"


def state() -> list[str]:
    """What a host that leaks would change."""
    files = [hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in MACHINE]
    return [*files, *(path.name for path in Path("/usr/local/bin").iterdir())]


def beneath(folder: Path) -> list[str]:
    """Processes that have this folder on their command line, and mounts that lie in it."""
    lines = [path.read_bytes().decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    mounts = Path("/proc/self/mounts").read_text().splitlines()
    return [line for line in [*lines, *mounts] if str(folder) in line]


def test_machine_is_not_changed(machine: None, tmp_path: Path) -> None:  # noqa: ARG001
    before = state()
    host = Host(tmp_path / "host")
    host.start()
    host.sh("useradd somebody; touch /etc/left /usr/local/bin/left /var/lib/left; rm /usr/bin/git")
    assert state() == before
    host.stop()
    assert state() == before


def test_users_of_the_host_are_real(host: Host) -> None:
    assert host.over_ssh("id -un; ls /home/ubuntu 2>&1 || true").splitlines() == [
        "ftsuser",
        "ls: cannot open directory '/home/ubuntu': Permission denied",
    ]


def test_host_ends_with_the_one_who_started_it(machine: None, tmp_path: Path) -> None:  # noqa: ARG001
    folder = tmp_path / "host"
    words = [sys.executable, "-c", f"{START}; print(flush=True); input()", str(folder)]
    with subprocess.Popen(words, cwd=PARTS.parents[2], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"\n"
        assert len(beneath(folder)) > 1
        starter.kill()
    until(lambda: not beneath(folder))


def test_machine_without_the_tools_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sshd, "PATH", "")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert "run them as root" in missing()
    assert "apt-get install git openssh-client openssh-server passwd procps strace sudo util-linux" in missing()
