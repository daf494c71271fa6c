"""Bring a sandbox up and down. Each has a folder of its own, so that several run side by side."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from string import Template

from tasks.errors import ReleaseError, UsageError
from tasks.sandbox import files, host, origin
from tasks.sandbox.host import process
from tasks.sandbox.host.layout import Layout

MARK = "this-is-a-sandbox"


class Sandbox(Layout):
    """A sandbox that runs: its paths, and where its servers listen."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.port, self.web_port = (int(self.port_file(name).read_text()) for name in ("ssh", "web"))
        self.web_url = f"http://{self.address}:{self.web_port}"


def running(folder: Path) -> Sandbox | None:
    """The sandbox in a folder, if it runs."""
    layout = Layout(folder.resolve())
    there = process.running(layout, "sshd") and layout.hosts_file.is_file()
    return Sandbox(layout.folder) if there else None


def start(folder: Path, address: str = "127.0.0.1") -> Sandbox:
    """Bring a fresh sandbox up on a loopback address; one that runs already is left as it is, one that died is replaced."""
    if found := running(folder):
        return found
    if importlib.util.find_spec("asyncssh") is None:
        raise UsageError("the sandbox needs asyncssh", next="pip install -r requirements-sandbox.txt")
    stop(folder)
    layout = Layout(folder.resolve())
    try:
        layout.folder.mkdir(parents=True, exist_ok=True)
        (layout.folder / MARK).touch()
        layout.address_file.write_text(address)
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
    while left := list(process.inside(layout)):
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
        origin.create(layout.origin, layout.clone)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise ReleaseError("the sandbox's git origin could not be made", details=said.splitlines()) from error
    finally:
        _, said = boot.communicate()
    if boot.returncode:
        raise ReleaseError("the sandbox did not start", state="it was removed again", details=said.splitlines())
    sandbox = Sandbox(layout.folder)
    sandbox.known_hosts_file.write_text(
        f"[{sandbox.address}]:{sandbox.port} {sandbox.host_key.with_suffix('.pub').read_text()}"
    )
    sandbox.hosts_file.write_text(inventory(sandbox, sandbox.port, sandbox.web_port), encoding="utf-8")
    return sandbox


def inventory(layout: Layout, port: int, web_port: int) -> str:
    """hosts.yml of a sandbox whose servers listen on these ports: the same keys as a real one."""
    paths = {name: json.dumps(str(path), ensure_ascii=False) for name, path in vars(layout).items()}
    form = Template(Path(__file__).with_name("hosts.yml").read_text())
    return form.substitute(paths, address=layout.address, port=port, web_port=web_port)
