"""Three embedded hosts that are one environment, where a test can stop, cut, kill or fail each of them in each phase."""

import contextlib
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Self

from tasks.sandbox import world
from tasks.sandbox.host import process
from tasks.sandbox.world import Sandbox
from tests.support.fab import Site, until
from tests.support.fleet import Fleet, address_of
from tests.support.host_python import wait_before
from tests.support.link import Link

GATE = """
[ ! -e ~/fail-$1 ] || { echo "$1 is made to fail"; exit 1; }
[ -e ~/hold-$1 ] || exit 0
touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done
"""
COMMANDS = {
    "apps": {"web": {"bootstrap": ["bash ~/gate build"]}},
    "publish": ["bash ~/gate publish"],
    "verify": ["bash ~/gate verify"],
    "migrate": ["bash ~/gate migrate"],
    "services": [{"run": "bash ~/gate post-release"}],
}
PLACES = {"stage": "open", "cutover": "os.rename"}
"""Phases without a command of hosts.yml, and what Python's audit hooks call that before which they wait."""


class Ground:
    """The hosts, a link to each, and a live release. What a case changes is over with `clear`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._health = ThreadingHTTPServer(("127.0.0.1", 0), _Health)
        self.unwell = _Health.unwell

    def __enter__(self) -> Self:
        """Boot them, set the environment up and deploy."""
        threading.Thread(target=self._health.serve_forever, daemon=True).start()
        with ThreadPoolExecutor(3) as starting:
            self.sandboxes = list(starting.map(self._start, (1, 2, 3)))
        self.links = [Link(sandbox.port, sandbox.address).__enter__() for sandbox in self.sandboxes]
        self.fleet = Fleet(self.sandboxes, self._folder, live_link="fleet", keep_releases=6, **COMMANDS)
        self.fleet.write(
            address=[self._address(sandbox, link) for sandbox, link in zip(self.sandboxes, self.links, strict=True)]
        )
        for site in self.fleet.each:
            for home in _homes(site):
                (home / "gate").write_text(GATE)
        self.fleet.fab("setup")
        self.fleet.deploy("v1.0")
        return self

    def __exit__(self, *_: object) -> None:
        for link in self.links:
            link.__exit__()
        for sandbox in self.sandboxes:
            world.stop(sandbox.folder)
        self._health.shutdown()

    def clear(self) -> None:
        """Nothing waits, fails or is cut any more, and nobody holds a lock."""
        self.unwell.clear()
        self.go_on()
        for link in self.links:
            link.up()
        until(lambda: not any(site.locked for site in self.fleet.each))
        for site in self.fleet.each:
            (site.sandbox.folder / "run" / "path").unlink(missing_ok=True)
            for home in _homes(site):
                for file in (*home.glob("hold-*"), *home.glob("fail-*"), home / "cut", home / "go-on"):
                    file.unlink(missing_ok=True)

    def hold(self, number: int, phase: str) -> None:
        """In this phase the host waits until it may go on."""
        site = self.fleet.each[number]
        if event := PLACES.get(phase):
            wait_before(site, event, site.link if phase == "cutover" else site.home)
        for home in _homes(site):
            (home / f"hold-{phase}").touch()

    def fail(self, number: int, what: str) -> None:
        """This command, or health, fails on the host."""
        site = self.fleet.each[number]
        if what == "health":
            self.unwell.add(site.sandbox.address)
        elif event := PLACES.get(what):
            (site.home / "go-on").touch()
            wait_before(site, event, site.link if what == "cutover" else site.home, then="raise OSError(5, 'made to fail')")
        for home in _homes(site):
            (home / f"fail-{what}").touch()

    def reached(self, number: int) -> bool:
        """Whether the host waits."""
        return any((home / "cut").exists() for home in _homes(self.fleet.each[number]))

    def go_on(self) -> None:
        """Whoever waits does so no longer."""
        for site in self.fleet.each:
            for home in _homes(site):
                (home / "go-on").touch()

    def kill_conversations(self, number: int) -> None:
        """SIGKILL for each program that serves a workstation there, as both users; what outlives a link goes on."""
        sandbox = self.sandboxes[number]
        server = process.running(sandbox, "sshd")
        for each in process.inside(sandbox):
            with contextlib.suppress(OSError):
                if server and _parent(each.pid) == server.pid:
                    os.killpg(each.pid, signal.SIGKILL)

    @property
    def sealed(self) -> list[set[str]]:
        """The complete releases on each host."""
        return [
            {name for name in site.names if (site.home / "releases" / name / "release.json").exists()}
            for site in self.fleet.each
        ]

    @property
    def left(self) -> list[str]:
        """What a run has left lying beside the live links."""
        return [str(path) for site in self.fleet.each for path in site.home.glob(f".{site.link.name}.*")]

    def _start(self, number: int) -> Sandbox:
        return world.start(self._folder / f"web{number}", f"127.0.0.{number}")

    def _address(self, sandbox: Sandbox, link: Link) -> dict[str, Any]:
        port = self._health.server_address[1]
        health = [{"url": f"http://127.0.0.1:{port}/{sandbox.address}", "within": 1}]
        return address_of(sandbox, health=health) | {"port": link.port}


def is_served(sandbox: Sandbox) -> bool:
    """Whether a program there serves a workstation."""
    server = process.running(sandbox, "sshd")
    return server is not None and any(_parent(each.pid) == server.pid for each in process.inside(sandbox))


class _Health(BaseHTTPRequestHandler):
    """The site as health asks it: well, but for the hosts that are named."""

    unwell: ClassVar = set[str]()

    def do_GET(self) -> None:
        self.send_response(500 if self.path.strip("/") in self.unwell else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _homes(site: Site) -> tuple[Path, Path]:
    return site.home, site.sandbox.service_home


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
