"""Fabric without this project, from PyPI: `run` again and again over one connection, 30 times for a release."""

from tests.bench.peers.peer import FILES, Command, Peer
from tests.bench.peers.pypi import BIN, version_of


class PlainFabric(Peer):
    """What most people's fabfile looks like."""

    usual_name, title, slow = "fabric", "Fabric, a `run` for each command", True

    def command(self, verb: str) -> Command:
        """`fab`, of the environment that `make bench` made."""
        host = self.rig.host
        address = f"{self.variables()['BENCH_USER']}@{host.address}:{host.port}"
        words = (str(BIN / "fab"), "-r", str(FILES / "fabric"), "-i", str(self.rig.key), "-H", address, verb)
        return Command(words, "", self.variables(), self.folder)

    def version(self) -> str:
        """Of Fabric and of Paramiko."""
        return f"Fabric {version_of('fabric')} with Paramiko {version_of('paramiko')}"
