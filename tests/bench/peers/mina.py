"""Mina, from Debian: one script over one ssh."""

import subprocess

from tests.bench.peers.peer import FILES, Command, Peer
from tests.bench.rig import RELEASE_USER

VERB = {"release": "release", "rollback": "deploy:rollback"}


class Mina(Peer):
    """Its rollback deletes the release that it leaves."""

    usual_name, title, tools = "mina", "Mina", {"mina": "mina ruby-open4"}

    def command(self, verb: str) -> Command:
        """Mina's own words."""
        return Command(("mina", "-f", str(FILES / "mina/deploy.rb"), VERB[verb]), "", self.variables(), self.folder)

    def set_up(self) -> None:
        """`mina setup`; versions of as many digits, for its rollback sorts them as text."""
        super().set_up()
        Command(("mina", "-f", str(FILES / "mina/deploy.rb"), "setup"), "", self.variables(), self.folder).run()
        self.rig.host.sh(f"echo 1000 >{self.place}/last_version", RELEASE_USER)

    def version(self) -> str:
        """What Mina calls itself."""
        said = subprocess.run(["mina", "--version"], capture_output=True, text=True, check=True).stdout
        return said.strip().replace(", version v", " ")
