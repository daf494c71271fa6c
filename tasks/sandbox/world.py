"""Bring a sandbox up and down. Each has a folder of its own, so that several run side by side."""

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tasks.errors import ReleaseError, UsageError
from tasks.sandbox import files, host, inventory, origin
from tasks.sandbox.host import process
from tasks.sandbox.host.layout import RELEASE_USER, SERVICE_USER, Layout

PROJECT = Path(__file__).resolve().parents[2]
MARK = "this-is-a-sandbox"


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that runs."""

    folder: Path
    port: int
    web_url: str

    @property
    def hosts_file(self) -> Path:
        """The hosts.yml with the environment `sandbox`."""
        return self.folder / "hosts.yml"

    @property
    def known_hosts_file(self) -> Path:
        """The known_hosts that holds this host's key."""
        return self.folder / "known_hosts"

    @property
    def identity_file(self) -> Path:
        """The private key that both users' homes accept."""
        return self.folder / "client_key"

    @property
    def origin(self) -> Path:
        """The bare git repository that releases are built from."""
        return self.folder / "origin.git"

    @property
    def clone(self) -> Path:
        """A clone of it, to edit, commit in and push from."""
        return self.folder / "site"

    @property
    def release_home(self) -> Path:
        """The home of ftsuser."""
        return Layout(self.folder).home(RELEASE_USER)

    @property
    def service_home(self) -> Path:
        """The home of ubuntu."""
        return Layout(self.folder).home(SERVICE_USER)


def default_folder() -> Path:
    """Where the sandbox of this project lies: $SANDBOX_DIR, or .sandbox beside the fabfile."""
    chosen = os.environ.get("SANDBOX_DIR")
    return (Path(chosen).expanduser() if chosen else PROJECT / ".sandbox").resolve()


def running(folder: Path) -> Sandbox | None:
    """The sandbox in a folder, if it runs."""
    layout = Layout(folder.resolve())
    server = process.recorded(layout).get("sshd")
    if not (server and server.alive and (layout.folder / "hosts.yml").is_file()):
        return None
    return _described(layout)


def start(folder: Path) -> Sandbox:
    """Bring a fresh sandbox up; one that runs already is left as it is, one that died is replaced."""
    if found := running(folder):
        return found
    if importlib.util.find_spec("asyncssh") is None:
        raise UsageError("the sandbox needs asyncssh", next="pip install -r requirements-sandbox.txt")
    stop(folder)
    layout = Layout(folder.resolve())
    try:
        layout.folder.mkdir(parents=True, exist_ok=True)
        (layout.folder / MARK).touch()
        return _create(layout)
    except BaseException:
        stop(folder)
        raise


def stop(folder: Path) -> None:
    """End every process of a sandbox and remove its folder; where there is none, do nothing."""
    layout = Layout(folder.resolve())
    if not layout.folder.exists():
        return
    if not (layout.folder / MARK).exists() and any(layout.folder.iterdir()):
        raise UsageError(
            f"{layout.folder} is not empty, and no sandbox",
            state="nothing in it was touched",
            next="SANDBOX_DIR=another/folder fab sandbox.start",
        )
    while left := [*_servers(layout), *process.inside(layout)]:
        process.end(*left)
    shutil.rmtree(layout.folder)


def _create(layout: Layout) -> Sandbox:
    files.create(layout)
    boot = subprocess.Popen(
        [sys.executable, str(Path(host.__file__).parent), "boot", str(layout.folder)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        origin.create(layout.folder / "origin.git", layout.folder / "site")
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise ReleaseError("the sandbox's git origin could not be made", details=said.splitlines()) from error
    finally:
        _, said = boot.communicate()
    if boot.returncode:
        raise ReleaseError("the sandbox did not start", state="it was removed again", details=said.splitlines())
    sandbox = _described(layout)
    sandbox.known_hosts_file.write_text(files.known_hosts_line(layout, sandbox.port))
    inventory.write(sandbox.hosts_file, ssh_port=sandbox.port, web_url=sandbox.web_url)
    return sandbox


def _servers(layout: Layout) -> list[process.Process]:
    return [known for known in process.recorded(layout).values() if known.alive]


def _described(layout: Layout) -> Sandbox:
    ssh, web = (int(layout.port(name).read_text()) for name in ("ssh", "web"))
    return Sandbox(layout.folder, ssh, f"http://127.0.0.1:{web}")
