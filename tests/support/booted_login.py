"""What a test does on a booted host, and what it asks it."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.fab import PATIENCE

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NAMESPACES = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--root", "--wd")
OF_LOGINS = ("sshd:", "/lib/systemd/systemd --user", "(sd-pam)")


class Login:
    """A host as a test sees it: `folder` is the machine's, and its `srv` is /srv on the host."""

    port = 22

    def __init__(self, folder: Path, address: str, inside: Callable[[Sequence[str]], list[str]]) -> None:
        self.folder, self.address, self.inside = folder, address, inside
        self.srv = folder / "srv"
        self.identity_file = folder / "id_ed25519"
        self.known_hosts_file = folder / "known_hosts"
        self.init = 0

    def run(self, script: str, user: str = "root", stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a script on the host, not through its sshd."""
        entered = ("nsenter", f"--target={self.init}", *NAMESPACES)
        home = "/root" if user == "root" else f"/home/{user}"
        login = ("env", "-i", f"PATH={PATH}", f"HOME={home}", f"USER={user}")
        words = [*entered, *login, "runuser", "-u", user, "--", "bash", "-c", f"cd && {script}"]
        return subprocess.run(words, capture_output=True, text=True, input=stdin, timeout=PATIENCE, check=False)

    def sh(self, script: str, user: str = "root", stdin: str = "") -> str:
        """What a script prints, which must go well."""
        done = self.run(script, user, stdin)
        assert done.returncode == 0, f"{script}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def over_ssh(self, script: str, user: str = "ftsuser", options: Sequence[str] = ()) -> str:
        """What OpenSSH's own client prints for a script, which must go well."""
        reach = (f"UserKnownHostsFile={self.known_hosts_file}", f"IdentityFile={self.identity_file}")
        options = (*reach, "LogLevel=ERROR", "BatchMode=yes", *options)
        words = ["ssh", "-F", "none", *(word for option in options for word in ("-o", option))]
        words = self.inside([*words, f"{user}@{self.address}", script])
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout

    def write(self, path: str, text: str, owner: str = "ftsuser", mode: str = "644") -> None:
        """A file on the host."""
        self.sh(f"install -D -o {owner} -g {owner} -m {mode} /dev/stdin {path}", stdin=text)

    def sudoers(self, rules: Sequence[str]) -> None:
        """What ubuntu may do, and nothing else."""
        self.write("/etc/sudoers.d/ubuntu", "".join(f"{rule}\n" for rule in rules), "root", "440")
        self.sh("visudo --check --quiet")

    def know(self, public: str) -> None:
        """Make this the key that the workstation knows the host by."""
        self.known_hosts_file.write_text(f"{self.address} {' '.join(public.split()[:2])}\n")

    def fingerprint(self) -> str:
        """The fingerprint of its key, as ssh-keygen tells it."""
        words = ["ssh-keygen", "-l", "-f", str(self.folder / "host_key.pub")]
        return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[1]

    def snapshot(self) -> str:
        """Everything in the homes: names, kinds, modes, owners, times, sizes, link texts; once what was removed is deleted."""
        self.sh("while compgen -G '/home/*/builds/*/trash/*' >/dev/null; do sleep 0.02; done")
        return self.sh("find /home -printf '%p %y %m %u:%g %T@ %s %l\\n' | sort")

    def processes(self, user: str = "ftsuser") -> list[str]:
        """The command lines of the user's processes, those of logins left out."""
        lines = self.run(f"ps -ww -U {user} -o args=").stdout.splitlines()
        return [line for line in lines if not line.startswith(OF_LOGINS)]

    def log(self, identifier: str = "sshd") -> str:
        """What sshd, or another one, has told the journal since the first boot."""
        return self.sh(f"journalctl --output=cat --identifier={identifier}")


def new_key(path: Path) -> str:
    """A key pair; its public half."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    return path.with_name(f"{path.name}.pub").read_text()
