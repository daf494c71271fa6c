"""Where everything lies in the folder of a sandbox, and the environment of those who log in there."""

import sys
from pathlib import Path
from typing import NamedTuple

RELEASE_USER = "ftsuser"
SERVICE_USER = "ubuntu"
USERS = (RELEASE_USER, SERVICE_USER)
LIVE_LINK = "source"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Layout(NamedTuple):
    """The paths of one sandbox."""

    folder: Path

    @property
    def bin(self) -> Path:
        """Sudo, systemctl and supervisorctl of the host."""
        return self.folder / "bin"

    @property
    def run(self) -> Path:
        """Process records, ports and event logs."""
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        """What each process printed."""
        return self.folder / "logs"

    @property
    def homes(self) -> Path:
        """The parent of the users' homes."""
        return self.folder / "homes"

    @property
    def host_key(self) -> Path:
        """The private key of the SSH server."""
        return self.folder / "host_key"

    @property
    def sudoers(self) -> Path:
        """What ubuntu may do as root: one allowed beginning of a command a line, or ALL."""
        return self.folder / "sudoers"

    @property
    def live_link(self) -> Path:
        """What the web server serves through."""
        return self.home(RELEASE_USER) / LIVE_LINK

    def home(self, user: str) -> Path:
        """The home of a user."""
        return self.homes / user

    def port(self, service: str) -> Path:
        """The file that holds the port of a service."""
        return self.run / f"{service}.port"

    def search_path(self, user: str) -> str:
        """PATH of a user: the services' commands are there for who may use them. The file run/path replaces the system's.

        It comes before the directory of this interpreter, so that a test can put its own python3 there.
        """
        python, told = str(Path(sys.executable).parent), self.run / "path"
        own = [] if user == RELEASE_USER else [str(self.bin)]
        return ":".join([*own, *([told.read_text().strip(), python] if told.exists() else [python, SYSTEM_PATH])])

    def environment(self, user: str) -> dict[str, str]:
        """The whole environment that a login or a service starts with."""
        return {
            "HOME": str(self.home(user)),
            "USER": user,
            "LOGNAME": user,
            "SHELL": "/bin/bash",
            "PATH": self.search_path(user),
            "LANG": "C.UTF-8",
        }
