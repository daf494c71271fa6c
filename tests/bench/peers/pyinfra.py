"""pyinfra, from PyPI: its operations, one after the other, over one connection."""

from tests.bench.peers.peer import FILES, Command, Peer
from tests.bench.peers.pypi import BIN, version_of


class Pyinfra(Peer):
    """Each release is a clone."""

    usual_name, title, slow = "pyinfra", "pyinfra", True

    def command(self, verb: str) -> Command:
        """`pyinfra`, of the environment that `make bench` made."""
        known = self.variables()
        words = [str(BIN / "pyinfra"), "-y", known["BENCH_ADDRESS"], str(FILES / f"pyinfra/{verb}.py")]
        options = {
            "ssh_user": known["BENCH_USER"],
            "ssh_port": known["BENCH_PORT"],
            "ssh_key": known["BENCH_KEY"],
            "ssh_known_hosts_file": known["BENCH_KNOWN_HOSTS"],
        }
        data = [word for key, value in options.items() for word in ("--data", f"{key}={value}")]
        return Command((*words, *data), "", known, self.folder)

    def version(self) -> str:
        """Of pyinfra and of Paramiko."""
        return f"pyinfra {version_of('pyinfra')} with Paramiko {version_of('paramiko')}"
