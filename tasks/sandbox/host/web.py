"""The web server of the embedded host. As nginx with php-fpm, it takes files through the live link, and pages from
the release that was live when it started or was reloaded: what a release changes is seen after post-release.
"""

import json
import os
import signal
import string
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from .layout import Layout
from .process import say_ready
from .units import SUPERVISOR, SYSTEMD, Services, Unit

NOTHING_LIVE = """<!doctype html><title>503</title>
<h1>Nothing is live yet</h1>
<p>This server loads what is live when it is started or reloaded: post-release.</p>
"""


class Site:
    """The pages of the release that this process has loaded."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.release: Path | None = None

    def load(self) -> None:
        """Take what is live now; the process works in it, so that anybody can see what it runs."""
        live = self.layout.live_link
        self.release = live.resolve() if live.is_dir() else None
        os.chdir(self.release or self.layout.folder)
        print(f"serving {self.release or 'nothing'}", flush=True)
        (self.layout.run / "web.loaded").touch()

    def answer(self, page: Callable[["Site", Path], str], kind: str) -> tuple[HTTPStatus, str, str]:
        """What a request for a page gets."""
        if self.release is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, "html", NOTHING_LIVE
        try:
            return HTTPStatus.OK, kind, page(self, self.release)
        except (OSError, ValueError, KeyError) as error:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "plain", f"{error}\n"

    def health(self, release: Path) -> str:
        _container(release)
        health = (release / "config" / "health").read_text().strip()
        if health != "ok":
            raise ValueError(health)
        return f"ok {release.name}\n"

    def home(self, release: Path) -> str:
        """The home page: which release it is, and what the workers run."""
        seal = release / "release.json"
        sealed = json.loads(seal.read_text()) if seal.is_file() else {}
        live = self.layout.live_link.resolve()
        return string.Template((release / "templates" / "home.html").read_text()).substitute(
            _container(release),
            release=release.name,
            ref=sealed.get("ref", "unknown"),
            commit=str(sealed.get("commit", "unknown"))[:10],
            pending="" if live == release else f"{live.name} is live, and waits for its post-release",
            workers="\n".join(map(self._worker, (*SYSTEMD[1:], *SUPERVISOR))),
        )

    def _worker(self, unit: Unit) -> str:
        directory = Services(self.layout).working_directory(unit)
        return f"<li>{unit.name}: {directory.name if directory else 'does not run'}</li>"


def _container(release: Path) -> dict[str, str]:
    """The cache that publish made; one that was made in another place is of no use, as Symfony's is."""
    cache: dict[str, str] = json.loads((release / "var" / "cache" / "prod" / "container.json").read_text())
    if cache["project_dir"] != str(release):
        raise ValueError(f"the cache was made in {cache['project_dir']}, and this is {release}")
    return cache


PAGES = {"/": (Site.home, "html"), "/health": (Site.health, "plain")}


class Request(SimpleHTTPRequestHandler):
    """One request: for a page, or for a file under the live link."""

    site: Site

    def do_GET(self) -> None:
        """Answer with a page, or leave it to the standard library."""
        page = PAGES.get(urlsplit(self.path).path)
        if page is None:
            self.directory = str(self.site.layout.live_link / "public")
            super().do_GET()
            return
        status, kind, text = self.site.answer(*page)
        self.send_response(status)
        self.send_header("Content-Type", f"text/{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def end_headers(self) -> None:
        """Let nobody keep what may change with the next release, and name the host: a load balancer may be in front of it."""
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Host", self.site.layout.address)
        super().end_headers()


def main(layout: Layout) -> int:
    """Serve until SIGTERM; SIGHUP loads what is live."""
    Request.site = site = Site(layout)
    port = layout.port_file("web")
    server = ThreadingHTTPServer((layout.address, int(port.read_text()) if port.exists() else 0), Request)
    port.write_text(str(server.server_address[1]))
    site.load()
    signal.signal(signal.SIGHUP, lambda *_: site.load())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    say_ready()
    server.serve_forever()
    return 0
