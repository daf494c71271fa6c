"""Where everything lies in the folder of an embedded host, and the environment of those who log in there."""

import sys
from pathlib import Path

RELEASE_USER = "ftsuser"
SERVICE_USER = "ubuntu"
USERS = (RELEASE_USER, SERVICE_USER)
LIVE_LINK = "source"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Layout:
    """The paths of one embedded host. The first host has what is on the workstation."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # on the host
        self.address_file = folder / "address"
        self.bin = folder / "bin"  # sudo, systemctl and supervisorctl
        self.run = folder / "run"  # process records, ports and the log of the SSH server
        self.logs = folder / "logs"  # what each process printed
        self.homes = folder / "homes"
        self.host_key = folder / "host_key"
        self.sudoers = folder / "sudoers"  # what ubuntu may do as root: one allowed beginning of a command a line, or ALL
        self.media = folder / "efs" / "media"  # outlives releases; that of the first host serves all
        self.servers_file = self.run / "servers"  # the web servers behind the load balancer, where there is one
        self.release_home, self.service_home = map(self.home, USERS)
        self.live_link = self.release_home / LIVE_LINK  # what the web server serves through
        # on the workstation
        self.hosts_file = folder / "hosts.yml"
        self.known_hosts_file = folder / "known_hosts"
        self.identity_file = folder / "client_key"  # both users' homes accept it
        self.origin = folder / "origin.git"  # releases are built from it
        self.clone = folder / "site"  # to edit, commit in and push from

    @property
    def address(self) -> str:
        """The loopback address on which its servers listen."""
        return self.address_file.read_text().strip()

    def home(self, user: str) -> Path:
        return self.homes / user

    def port_file(self, service: str) -> Path:
        """The file that holds the port of a service."""
        return self.run / f"{service}.port"

    def search_path(self, user: str) -> str:
        """PATH of a user: the services' commands are there for who may use them. The file run/path replaces the system's.

        It comes before the directory of this interpreter, so that a test can put its own python3 there.
        """
        python, file = str(Path(sys.executable).parent), self.run / "path"
        own = [] if user == RELEASE_USER else [str(self.bin)]
        return ":".join([*own, *([file.read_text().strip(), python] if file.exists() else [python, SYSTEM_PATH])])

    def environment(self, user: str) -> dict[str, str]:
        """The whole environment that a login or a service starts with."""
        login = {"HOME": str(self.home(user)), "USER": user, "LOGNAME": user, "SHELL": "/bin/bash"}
        return {**login, "PATH": self.search_path(user), "LANG": "C.UTF-8"}
