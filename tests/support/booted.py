"""Hosts that have booted: systemd, sshd, nginx, php-fpm, supervisor and real users, in a network of their own.

A lab is one process with namespaces of its own; all it holds ends with it, and it ends with the tests that started it.
"""

import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.booted_image import PARTS, PATH, image, missing
from tests.support.booted_login import Login, new_key
from tests.support.fab import PATIENCE, until

__all__ = ["Booted", "Lab", "image", "missing"]

# The cgroup first, so that nothing that a test left running in the workstation outlives the lab.
INSIDE = 'echo 0 >"$1" && net=$2 && shift 2 && exec nsenter --net="$net" -- "$@"'
ANSWERS = 'exec 3<>"/dev/tcp/$0/22" && read -t 5 -r banner <&3 && [[ $banner == SSH* ]]'


class Lab:
    """A workstation and its hosts; they reach each other, and nothing else. `folder` is the machine's."""

    def __init__(self, folder: Path, disk: Path | None = None) -> None:
        self.folder = folder
        self._disk = disk or image()
        self.group = f"booted-host-{secrets.token_hex(6)}"
        self.hosts: dict[int, Booted] = {}

    def start(self) -> "Lab":
        """Make the network; hosts are booted by name."""
        self.folder.mkdir(parents=True)
        isolated = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
        with (self.folder / "lab.log").open("wb") as log:
            self.process = subprocess.Popen(
                [*isolated, "bash", PARTS / "lab.sh", self.folder, self._disk, self.group],
                env={"PATH": PATH},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        try:
            assert self.process.stdout is not None
            assert self.process.stdout.readline() == b"ready\n", (self.folder / "lab.log").read_text()
            self._init = children(self.process.pid)[0]
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Let go of it: every process of its hosts and of its workstation ends, and their mounts, networks and cgroups go."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            self.hosts.clear()

    def boot(self, name: str) -> "Booted":
        """A host that nobody has used, once it can be logged in to."""
        number = min(set(range(1, 200)) - set(self.hosts))
        host = self.hosts[number] = Booted(self, name, number)
        try:
            host.create()
            host.start()
        except BaseException:
            host.stop()
            raise
        return host

    def inside(self, words: Sequence[str]) -> list[str]:
        """The words that run a command in the workstation: it sees its network, and ends with the lab."""
        group = str(Path(f"/proc/{self._init}", "root", f"sys/fs/cgroup/{self.group}/guests/workstation/cgroup.procs"))
        return ["sh", "-c", INSIDE, "sh", group, f"/proc/{self._init}/ns/net", *words]

    def control(self, *words: str) -> list[str]:
        """The words that run one of host.sh's verbs."""
        return [
            "nsenter",
            "--target",
            str(self._init),
            "--mount",
            "--net",
            "--pid",
            "bash",
            "/run/host.sh",
            *words,
            self.group,
        ]


class Booted(Login):
    """Has users ftsuser and ubuntu. Its disk is a fresh one, and lasts until `stop`."""

    def __init__(self, lab: Lab, name: str, number: int) -> None:
        super().__init__(lab.folder / f"{name}-{secrets.token_hex(4)}", f"10.77.0.{10 + number}", lab.inside)
        self.lab, self.name, self.number = lab, name, number
        self._boot_log = self.folder / "boot.log"
        self._nspawn: subprocess.Popen[bytes] | None = None

    def create(self) -> None:
        """Its keys, and what the workstation knows of them."""
        self.srv.mkdir(parents=True)
        new_key(self.identity_file)
        self.know(new_key(self.folder / "host_key"))

    def start(self) -> None:
        """Boot it from its disk, and wait until it has come up and answers."""
        with self._boot_log.open("wb") as log:
            self._nspawn = subprocess.Popen(
                self._control("boot"),
                env={"PATH": PATH},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            until(lambda: self.ended or self._answers())
            assert not self.ended, "it ended"
            self.init = next(pid for pid in children(*children(self._nspawn.pid)) if is_first(pid))
            self.run("systemctl is-system-running --wait")
        except (AssertionError, subprocess.TimeoutExpired) as error:
            raise AssertionError(f"{self.name} did not boot: {error}\n{self.boot_log()}") from None

    def power_cut(self) -> None:
        """All at once: what it had not written is lost to the others, and no connection is closed. `start` boots it again."""
        subprocess.run(self._control("off"), env={"PATH": PATH}, check=True, timeout=PATIENCE)
        self._wait()

    def shut_down(self) -> None:
        """In good order; `start` boots it again."""
        self.run("systemctl poweroff")
        self._wait()

    def stop(self) -> None:
        """The end of it and of its disk."""
        if self.lab.hosts.get(self.number) is self:
            subprocess.run(self._control("discard"), env={"PATH": PATH}, check=True, timeout=PATIENCE)
            self._wait()
            del self.lab.hosts[self.number]

    def cut(self) -> None:
        """Its link goes down: nothing arrives any more, and nobody is told."""
        self._link("down")

    def mend(self) -> None:
        """Its link is up again."""
        self._link("up")

    @property
    def ended(self) -> bool:
        """Is it off?"""
        return self._nspawn is None or self._nspawn.poll() is not None

    def boot_log(self) -> str:
        """What was on its console at the last boot."""
        return self._boot_log.read_text(errors="replace")

    def _answers(self) -> bool:
        words = self.lab.inside(["bash", "-c", ANSWERS, self.address])
        return subprocess.run(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0

    def _link(self, state: str) -> None:
        subprocess.run(self.lab.inside(["ip", "link", "set", f"to{self.number}", state]), check=True)

    def _control(self, verb: str) -> list[str]:
        return self.lab.control(verb, self.folder.name, self.name, str(self.number))

    def _wait(self) -> None:
        self.init = 0
        if self._nspawn:
            self._nspawn.wait(PATIENCE)


def children(*parents: int) -> list[int]:
    """Of processes of one thread, as this machine numbers them."""
    return [int(word) for pid in parents for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_first(pid: int) -> bool:
    """Is it process 1 of a namespace?"""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line for line in status if line.startswith("NSpid:")).split()[-1] == "1"
