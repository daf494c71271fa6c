"""This project: `fab` of this checkout, copied without bytecode, as it is after a clone."""

import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from tasks.config.inventory import PROJECT
from tests.bench.peers.peer import COMMANDS, DEPLOY, KEEP, LINKS, RELEASE, ROLLBACK, RUNTIME_FILES, STATUS, VERBS, Command, Peer
from tests.bench.rig import RELEASE_USER, SERVICE_USER, Rig
from tests.bench.site import BRANCH, Repository

WORDS = {
    RELEASE: ("release", "--ref", BRANCH),
    DEPLOY: ("deploy", "--ref", BRANCH),
    ROLLBACK: ("rollback",),
    STATUS: ("status",),
    "setup": ("setup",),
}
SERVICE = {"run": "true"}
PARTS = ("fabfile.py", "fabric.json", "tasks")


class Ours(Peer):
    """An environment called `name`, with directories of its own on the host. `keys` of hosts.yml replace the usual ones."""

    usual_name, title, verbs = "ours", "**this project**", VERBS

    def __init__(self, rig: Rig, repository: Repository, name: str = "", **keys: Any) -> None:
        super().__init__(rig, repository, name)
        self.checkout = _copy(rig.folder / "checkout")
        self._write("hosts.yml", keys | {"services": []})
        self._write("with-service.yml", keys | {"services": [SERVICE]})

    @property
    def place(self) -> str:
        """What its releases share."""
        return f"/home/{RELEASE_USER}/{self.name}-files"

    @property
    def current(self) -> str:
        """Its live link."""
        return f"/home/{RELEASE_USER}/{self.name}"

    def command(self, verb: str) -> Command:
        """Words of `fab`."""
        return self.fab(*WORDS[verb], hosts="with-service.yml" if verb == DEPLOY else "hosts.yml")

    def fab(self, *words: str, hosts: str = "hosts.yml") -> Command:
        """`fab -H NAME WORDS`, with a file of its folder as hosts.yml."""
        fab = (str(Path(sys.executable).with_name("fab")), "--search-root", str(self.checkout), "-H", self.name)
        return Command((*fab, *words), "", self.rig.environment(HOSTS_FILE=str(self.folder / hosts)), self.folder)

    def set_up(self) -> None:
        """`setup`, and the runtime files of the first release."""
        super().set_up()
        self.command("setup").run()
        for rig in self.rigs:
            rig.host.sh(f"cp -a {self.place}/shared/.env.local {self.place}/shared/config runtime/{self.name}/", RELEASE_USER)

    def version(self) -> str:
        """Python, for there is no other version."""
        return f"Python {sys.version.split()[0]} on the workstation"

    def _write(self, name: str, keys: dict[str, Any]) -> None:
        host = self.rig.host
        usual = {
            "address": host.address,
            "port": host.port,
            "identity_file": str(self.rig.key),
            "known_hosts_file": str(host.known_hosts_file),
            "repository": self.repository.url,
            "release_user": RELEASE_USER,
            "service_user": SERVICE_USER,
            "live_link": self.name,
            "builds_dir": f"~/{self.name}-builds",
            "releases_dir": f"~/{self.name}-releases",
            "keep_releases": KEEP,
            "runtime_files": list(RUNTIME_FILES),
            "persistent_links": {link: f"{self.place}/shared/{link}" for link in LINKS},
            "apps": {"web": {"bootstrap": ["true"] * COMMANDS}},
        }
        (self.folder / name).write_text(yaml.safe_dump({"hosts": {self.name: usual | keys}}))


def _copy(folder: Path) -> Path:
    """What of this checkout `fab` needs, copied once."""
    if not folder.exists():
        folder.mkdir()
        for part in PARTS:
            if (PROJECT / part).is_dir():
                shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(PROJECT / part, folder)
    return folder
