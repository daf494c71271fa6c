"""Capistrano, from Debian: one command after the other, over one connection."""

import subprocess

from tests.bench.peers.peer import FILES, Command, Peer

VERB = {"release": "deploy", "rollback": "deploy:rollback"}


class Capistrano(Peer):
    """Its rollback packs the release that it leaves, and deletes it."""

    usual_name, title, slow, tools = "capistrano", "Capistrano", True, {"cap": "capistrano"}

    def command(self, verb: str) -> Command:
        """Its own words."""
        variables = self.variables() | {"BENCH_CONFIG": str(FILES / "capistrano")}
        return Command(("cap", "-f", str(FILES / "capistrano/Capfile"), "prod", VERB[verb]), "", variables, self.folder)

    def version(self) -> str:
        """What Capistrano calls itself."""
        said = subprocess.run(["cap", "--version"], capture_output=True, text=True, check=True, cwd="/").stdout
        return said.strip().partition(" (")[0].replace(" Version:", "")
