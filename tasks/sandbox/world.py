"""Bring a sandbox up and down. Each has a folder of its own, so that several run side by side."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path
from string import Template

from tasks.errors import ReleaseError, UsageError, typed
from tasks.sandbox import files, host, origin
from tasks.sandbox.host import process
from tasks.sandbox.host.layout import Layout
from tasks.sandbox.host.process import UnitError

MARK = "this-is-a-sandbox"
BALANCER = "balancer"
SHARED = ("media", "hosts_file", "known_hosts_file", "identity_file", "origin", "clone")
"""What the hosts of a sandbox have in common: it lies with the first."""


class Sandbox(Layout):
    """A host of a sandbox that runs: its paths, and where its servers listen. The first lies in the sandbox's folder."""

    def __init__(self, folder: Path, first: Layout | None = None) -> None:
        super().__init__(folder)
        vars(self).update({name: getattr(first or self, name) for name in SHARED})
        self.port, self.web_port = (int(self.port_file(name).read_text()) for name in ("ssh", "web"))
        self.web_url = f"http://{self.address}:{self.web_port}"

    @property
    def hosts(self) -> list["Sandbox"]:
        """All hosts of the sandbox whose first this is."""
        return [Sandbox(layout.folder, self) for layout in _layouts(self.folder)]

    @property
    def site_url(self) -> str:
        """Where a visitor finds the site: at the load balancer, or at the web server of the only host."""
        port = self.port_file(BALANCER)
        return f"http://{self.address}:{port.read_text()}" if port.exists() else self.web_url


def running(folder: Path) -> Sandbox | None:
    """The sandbox in a folder, if all of it runs."""
    first, *others = _layouts(folder.resolve())
    servers = [process.running(layout, "sshd") for layout in (first, *others)]
    servers += [process.running(first, BALANCER)] if others else []
    return Sandbox(first.folder) if all(servers) and first.hosts_file.is_file() else None


def start(folder: Path, address: str = "127.0.0.1", hosts: int | None = None) -> Sandbox:
    """Bring up a fresh sandbox of so many hosts, or of one, on the loopback addresses from this one on.

    One that runs already is left as it is, one that died is replaced. Raises UsageError where one with another number of
    hosts runs.
    """
    if found := running(folder):
        return _of(found, hosts)
    if importlib.util.find_spec("asyncssh") is None:
        raise UsageError("the sandbox needs asyncssh", next="pip install -r requirements-sandbox.txt")
    stop(folder)
    first = Layout(folder.resolve())
    layouts = [first, *(Layout(first.folder / f"web{number}") for number in range(2, (hosts or 1) + 1))]
    try:
        for number, layout in enumerate(layouts):
            layout.folder.mkdir(parents=True, exist_ok=True)
            (layout.folder / MARK).touch()
            layout.address_file.write_text(str(IPv4Address(address) + number))
        return _create(layouts)
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


def _layouts(folder: Path) -> list[Layout]:
    """The hosts of the sandbox in a folder; the first may not be there yet."""
    return [Layout(folder), *(Layout(mark.parent) for mark in sorted(folder.glob(f"web[2-9]/{MARK}")))]


def _of(sandbox: Sandbox, hosts: int | None) -> Sandbox:
    if hosts not in (None, number := len(sandbox.hosts)):
        raise UsageError(
            f"a sandbox of {number} host{'s' if number > 1 else ''} runs already: --hosts {hosts} needs a new one",
            state="it was left as it is",
            next=f"fab sandbox.stop && fab sandbox.start --hosts {typed(str(hosts))}",
        )
    return sandbox


def _create(layouts: Sequence[Layout]) -> Sandbox:
    first = layouts[0]
    accepted = files.create_shared(first)
    for layout in layouts:
        files.create(layout, accepted)
    boots = [_boot(layout) for layout in layouts]
    try:
        origin.create(first.origin, first.clone)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise ReleaseError("the sandbox's git origin could not be made", details=said.splitlines()) from error
    finally:
        printed = [boot.communicate()[1] for boot in boots]
    if any(boot.returncode for boot in boots):
        raise _not_started("".join(printed))
    hosts = [Sandbox(layout.folder, first) for layout in layouts]
    first.known_hosts_file.write_text("".join(map(_known, hosts)))
    if hosts[1:]:
        _balance(first, hosts)
    first.hosts_file.write_text(inventory(hosts), encoding="utf-8")
    return hosts[0]


def _boot(layout: Layout) -> subprocess.Popen[str]:
    words = [sys.executable, str(Path(host.__file__).parent), "boot", str(layout.folder)]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _balance(first: Layout, hosts: Sequence[Sandbox]) -> None:
    """Put a load balancer in front of the web servers of all hosts."""
    first.servers_file.write_text("".join(f"{each.address}:{each.web_port}\n" for each in hosts))
    environment = {**os.environ, "HOME": str(first.home("root"))}
    try:
        process.launch(first, BALANCER, BALANCER, cwd=first.folder, environment=environment)
    except UnitError as error:
        raise _not_started(str(error)) from error


def _not_started(printed: str) -> ReleaseError:
    return ReleaseError("the sandbox did not start", state="it was removed again", details=printed.splitlines())


def _known(sandbox: Sandbox) -> str:
    return f"[{sandbox.address}]:{sandbox.port} {sandbox.host_key.with_suffix('.pub').read_text()}"


def inventory(hosts: Sequence[Sandbox]) -> str:
    """hosts.yml of a sandbox of these hosts: the same keys as a real one."""
    first, *others = hosts
    paths = {name: json.dumps(str(path), ensure_ascii=False) for name, path in vars(first).items()}
    own = {"address": first.address, "port": first.port, "health": _health(first)}
    rest = (f"\n    - {{host: {each.address}, port: {each.port}, health: [{_health(each)}]}}" for each in others)
    form = Template(Path(__file__).with_name("hosts.yml").read_text())
    return form.substitute(paths | own, others="".join(rest))


def _health(sandbox: Sandbox) -> str:
    return f'{{url: "{sandbox.web_url}/health", contains: ok, within: 10}}'
