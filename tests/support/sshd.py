"""A host with a real OpenSSH server and real users, in Linux namespaces: the machine that runs the tests is not changed."""

import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support.fab import PATIENCE, until
from tests.support.processes import living

PARTS = Path(__file__).parent / "real_host"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NEEDED = {
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "sudo": "sudo",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "useradd": "passwd",
    "git": "git",
    "ps": "procps",
    "strace": "strace",
}


def missing() -> str:
    """What this machine lacks to be such a host, and how to get it; "" when nothing."""
    packages = sorted({package for tool, package in NEEDED.items() if not shutil.which(tool, path=PATH)})
    said = ["these tests start a real sshd with users of its own: run them as root"] if os.geteuid() else []
    if packages:
        said.append(f"missing here: apt-get install {' '.join(packages)}")
    return "; ".join(said)


class Host:
    """Has users ftsuser and ubuntu; `folder` is the machine's, and its `srv` is /srv on the host."""

    address = "127.0.0.1"
    listens_on = "127.0.0.1"
    isolated: tuple[str, ...] = ("--mount", "--pid", "--uts")

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.srv = folder / "srv"
        self.identity_file = folder / "id_ed25519"
        self.known_hosts_file = folder / "known_hosts"
        self.port = _free_port()
        self._log = folder / "sshd.log"

    def start(self) -> None:
        """Boot it, and wait until it answers."""
        (self.folder / "memory").mkdir(parents=True)
        shutil.copytree(PARTS, self.srv)
        public = _new_key(self.identity_file)
        (self.srv / "authorized_keys").write_text(public)
        self.know(_new_key(self.srv / "host_key"))
        isolated = ("unshare", *self.isolated, "--fork", "--kill-child")
        with self._log.open("wb") as log:
            self._unshare = subprocess.Popen(
                [*isolated, "bash", PARTS / "namespace.sh", self.folder, str(self.port), self.listens_on],
                env={"PATH": PATH},
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            until(lambda: "Server listening on" in self.log() or self._unshare.poll() is not None)
            assert "Server listening on" in self.log(), self.log()
            self._init = Path(f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children").read_text().strip()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Let go of process 1: it ends, all others with it, and their mounts with the last of them."""
        assert self._unshare.stdin is not None
        self._unshare.stdin.close()
        try:
            self._unshare.wait(PATIENCE)
        finally:
            self._unshare.kill()

    @property
    def init(self) -> int:
        """Its process 1, by the number that it has here."""
        return int(self._init)

    @property
    def sshd(self) -> int:
        """Its sshd that listens, likewise."""
        return int(Path(f"/proc/{self.init}/task/{self.init}/children").read_text().split()[0])

    def quiet(self) -> None:
        """Wait until nothing runs there but that."""
        until(lambda: set(living(self.init)) == {self.init, self.sshd})

    def know(self, public: str) -> None:
        """Make this the key that the workstation knows the host by."""
        self.known_hosts_file.write_text(f"[{self.address}]:{self.port} {' '.join(public.split()[:2])}\n")

    def fingerprint(self) -> str:
        """The fingerprint of its key, as ssh-keygen tells it."""
        words = ["ssh-keygen", "-l", "-f", str(self.srv / "host_key.pub")]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[1]

    def over_ssh(self, script: str, user: str = "ftsuser") -> str:
        """What OpenSSH's own client prints for a script."""
        options = [f"UserKnownHostsFile={self.known_hosts_file}", f"IdentityFile={self.identity_file}", "LogLevel=ERROR"]
        words = ["ssh", "-F", "none", "-p", str(self.port), *(word for option in options for word in ("-o", option))]
        done = subprocess.run([*words, f"{user}@{self.address}", script], check=True, capture_output=True, text=True)
        return done.stdout

    def run(self, script: str, user: str = "root") -> subprocess.CompletedProcess[str]:
        """Run a script on the host, not through its sshd."""
        entered = ("nsenter", "--target", self._init, "--mount", "--pid", "--uts", "--root", "--wd")
        home = "/root" if user == "root" else f"/home/{user}"
        login = ("env", "-i", f"PATH={PATH}", f"HOME={home}", f"USER={user}")
        words = [*entered, *login, "runuser", "-u", user, "--", "bash", "-c", f"cd && {script}"]
        return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)

    def sh(self, script: str, user: str = "root") -> str:
        """What a script prints, which must go well."""
        done = self.run(script, user)
        assert done.returncode == 0, f"{script}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def write(self, path: str, text: str, owner: str = "ftsuser", mode: str = "644") -> None:
        """A file on the host."""
        (self.srv / "written").write_text(text)
        self.sh(f"install -D -o {owner} -g {owner} -m {mode} /srv/written {path}")

    def sudoers(self, rules: Sequence[str]) -> None:
        """What ubuntu may do, and nothing else."""
        defaults = (PARTS / "sudoers").read_text().splitlines()[:-1]
        self.write("/etc/sudoers", "".join(f"{line}\n" for line in [*defaults, *rules]), "root", "440")
        self.sh("visudo --check --quiet")

    def snapshot(self) -> str:
        """Both homes and the services, once what was removed is deleted: names, kinds, modes, owners, times, sizes, links."""
        self.sh("while compgen -G '/home/*/builds/*/trash/*' >/dev/null; do sleep 0.02; done")
        return self.sh("find /home /run/services -printf '%p %y %m %u:%g %T@ %s %l\\n' | sort")

    def processes(self, user: str = "ftsuser") -> list[str]:
        """The command lines of the user's processes, sshd's own left out."""
        lines = self.run(f"ps -ww -U {user} -o args=").stdout.splitlines()
        return [line for line in lines if not line.startswith("sshd:")]

    def service_calls(self) -> list[str]:
        """Who called systemctl and supervisorctl, and how, as "USER: WORDS"."""
        return self.sh("cat /run/services.log").replace("\t", ": ").splitlines()

    def starts(self, unit: str) -> int:
        """How often a service was started."""
        return len(self.sh(f"cat /run/services/{unit}").split())

    def log(self) -> str:
        """What sshd has said."""
        return self._log.read_text(errors="replace")


def _new_key(path: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    return path.with_name(f"{path.name}.pub").read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
