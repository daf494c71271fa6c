"""The floor: the same work as one script, over one `ssh host bash -s`."""

import shlex
import subprocess

from tests.bench.peers.peer import DEPLOY, FILES, RELEASE, VERBS, Command, Peer
from tests.bench.rig import RELEASE_USER, SERVICE_USER

ON_HOST = ("BENCH_PLACE", "BENCH_REPOSITORY", "BENCH_BRANCH", "BENCH_KEEP")


class Floor(Peer):
    """OpenSSH's client and bash; `deploy` is that, and the command of the service as the service user."""

    usual_name, title, verbs = "floor", "floor: one `ssh host bash -s`", VERBS

    def command(self, verb: str) -> Command:
        """Words of a shell where there are two logins, else of ssh alone."""
        ssh = self._ssh(RELEASE_USER)
        if verb == DEPLOY:
            both = f"{shlex.join([*ssh, 'bash', '-s'])} && exec {shlex.join([*self._ssh(SERVICE_USER), 'true'])} </dev/null"
            return self._command(("bash", "-c", both), RELEASE)
        return self._command((*ssh, "bash", "-s"), verb)

    def version(self) -> str:
        """OpenSSH's own words."""
        said = subprocess.run(["ssh", "-V"], capture_output=True, text=True, check=True).stderr
        return said.split(",")[0].replace("_", " ")

    def _command(self, words: tuple[str, ...], verb: str) -> Command:
        known = self.variables()
        values = "".join(f"{name}={shlex.quote(known[name])}\n" for name in ON_HOST)
        script = f"{values}{(FILES / 'floor.sh').read_text()}{verb}\n"
        return Command(words, script, known, self.folder)

    def _ssh(self, user: str) -> tuple[str, ...]:
        host = self.rig.host
        options = (
            f"UserKnownHostsFile={host.known_hosts_file}",
            "StrictHostKeyChecking=yes",
            "BatchMode=yes",
            "LogLevel=ERROR",
        )
        words = [word for option in options for word in ("-o", option)]
        return ("ssh", "-F", "none", "-i", str(self.rig.key), "-p", str(host.port), *words, f"{user}@{host.address}")
