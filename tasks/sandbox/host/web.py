"""The web server of the embedded host. As nginx with php-fpm, it takes files through the live link, and pages from
the release that was live when it started or was reloaded: what a release changes is seen after post-release.
"""

import json
import mimetypes
import os
import signal
import string
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from .layout import Layout
from .process import say_ready
from .units import SUPERVISOR, SYSTEMD, Services

NOTHING_LIVE = "<!doctype html><title>503</title>\n<h1>Nothing is live yet</h1>\n<p>{}</p>\n"
Answer = tuple[HTTPStatus, str, bytes]


class BrokenReleaseError(Exception):
    """The release cannot serve a page."""


class Site:
    """What this process serves: the release it has loaded, and the files under the live link."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.release: Path | None = None

    def load(self) -> None:
        """Take what is live now; the process works in it, so that anybody can see what it runs."""
        live = self._layout.live_link
        self.release = live.resolve() if live.is_dir() else None
        os.chdir(self.release or self._layout.folder)
        print(f"serving {self.release or 'nothing'}", flush=True)
        (self._layout.run / "web.loaded").touch()

    def answer(self, path: str) -> Answer:
        """What a request gets."""
        if path == "/health":
            return self._guarded(self._health)
        if path == "/":
            return self._guarded(self._page)
        return self._file(path)

    def _guarded(self, make: Any) -> Answer:
        if self.release is None:
            text = NOTHING_LIVE.format("This server loads what is live when it is started or reloaded: post-release.")
            return HTTPStatus.SERVICE_UNAVAILABLE, "text/html; charset=utf-8", text.encode()
        try:
            kind, text = make(self.release)
        except (BrokenReleaseError, OSError, ValueError, KeyError) as error:
            return HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", f"{error}\n".encode()
        return HTTPStatus.OK, f"{kind}; charset=utf-8", text.encode()

    def _health(self, release: Path) -> tuple[str, str]:
        self._container(release)
        health = (release / "config" / "health").read_text().strip()
        if health != "ok":
            raise BrokenReleaseError(health)
        return "text/plain", f"ok {release.name}\n"

    def _page(self, release: Path) -> tuple[str, str]:
        seal = release / "release.json"
        sealed = json.loads(seal.read_text()) if seal.is_file() else {}
        live = self._layout.live_link.resolve()
        pending = "" if live == release else f"{live.name} is live, and waits for its post-release"
        workers = [self._worker(name) for name in (*SYSTEMD[1:], *SUPERVISOR)]
        template = string.Template((release / "templates" / "home.html").read_text())
        return "text/html", template.substitute(
            self._container(release),
            release=release.name,
            ref=sealed.get("ref", "unknown"),
            commit=str(sealed.get("commit", "unknown"))[:10],
            pending=pending,
            workers="\n".join(workers),
        )

    def _worker(self, unit: Any) -> str:
        directory = Services(self._layout).working_directory(unit)
        return f"<li>{unit.name}: {directory.name if directory else 'does not run'}</li>"

    def _container(self, release: Path) -> dict[str, str]:
        """The cache that publish made; one that was made in another place is of no use, as Symfony's is."""
        cache: dict[str, str] = json.loads((release / "var" / "cache" / "prod" / "container.json").read_text())
        if cache["project_dir"] != str(release):
            raise BrokenReleaseError(f"the cache was made in {cache['project_dir']}, and this is {release}")
        return cache

    def _file(self, path: str) -> Answer:
        relative = PurePosixPath(unquote(path)).relative_to("/")
        file = self._layout.live_link / "public" / relative
        if ".." in relative.parts or not file.is_file():
            return HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"not found\n"
        return HTTPStatus.OK, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes()


class Request(BaseHTTPRequestHandler):
    """One request."""

    site: Site

    def do_GET(self) -> None:
        """Answer, and let nobody keep what may change with the next release."""
        status, kind, body = self.site.answer(urlsplit(self.path).path)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def main(folder: str) -> int:
    """Serve until told to end; SIGHUP loads what is live."""
    layout = Layout(Path(folder))
    Request.site = site = Site(layout)
    port = layout.port("web")
    server = ThreadingHTTPServer(("127.0.0.1", int(port.read_text()) if port.exists() else 0), Request)
    port.write_text(str(server.server_address[1]))
    site.load()
    signal.signal(signal.SIGHUP, lambda *_: site.load())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    say_ready()
    server.serve_forever()
    return 0
