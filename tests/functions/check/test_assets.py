"""Does nginx fall back to the asset pool? Read from its configuration, and asked of a server that listens."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tasks.host.check import assets as checks
from tasks.host.services.nginx import Directive
from tests.functions.check.conftest import Machine
from tests.functions.check.web_host import WebHost
from tests.functions.made import Made
from tests.support.lines import Lines, reported
from tests.support.snapshot import snapshot

FILE = "public/build/app.0000000a.js"
GOOD = "location /build/ { try_files $uri @assets; } location @assets { root %s/public; }"


class Answering(BaseHTTPRequestHandler):
    """In the place of nginx: it serves the text that the test gives, and records what it is asked."""

    body, asked = b"", list[tuple[str, str]]()

    def do_GET(self) -> None:
        type(self).asked.append((self.path, self.headers["Host"]))
        self.send_response(200 if self.body else 404)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[int]:
    """The port of such a server."""
    Answering.body, Answering.asked = b"", []
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def machine(machine: Machine) -> Machine:
    """With a live release."""
    machine.release()
    return machine


@pytest.fixture
def web(machine: Machine) -> WebHost:
    return WebHost(machine)


def root(web: WebHost) -> Path:
    return web.host.home / "assets" / "source"


def only_in_the_pool(web: WebHost, text: str = "old") -> None:
    """A file that the live release has not."""
    (root(web) / FILE).parent.mkdir(parents=True)
    (root(web) / FILE).write_text(text)


def checked(web: WebHost, server: str, paths: tuple[str, ...] = ("public/build",)) -> Lines:
    """The lines about the pool, with this in the server of the site."""
    words = f"ExecStart={{ path=/usr/sbin/nginx ; argv[]=/usr/sbin/nginx -c {web.folder}/nginx.conf ; }}"
    web.systemctl(f"""case "$*" in *" -- nginx.service") echo "{words}" ;; esac""")
    web.nginx(f"http {{ server {{ server_name www.example.com; root {web.host.live}/public; {server} }} }}")
    before = snapshot(web.host.home)
    checks.check_pool(run := Made("check"), paths, ())
    assert snapshot(web.host.home) == before
    return reported(run.events)


def test_without_the_lines_they_are_printed(web: WebHost) -> None:
    (line,) = checked(web, "location /build/ { try_files $uri =404; }").bad
    assert line.startswith("asset pool: www.example.com does not fall back to it for /build/ -> ")
    assert f"location /build/ {{ try_files $uri @assets; }} location @assets {{ root {root(web)}/public; }}" in line


@pytest.mark.parametrize(
    "lines",
    [
        GOOD,
        "location /build/ { error_page 404 = @old; } location @old { root %s/public; }",
        "location /build/ { root /; try_files $document_root$uri %s/public$uri =404; }",
    ],
)
def test_with_them_or_their_like_all_is_well(web: WebHost, lines: str) -> None:
    found = checked(web, lines % root(web))
    assert found.bad == ()
    assert found.ok == ("asset pool: www.example.com falls back to it for /build/; the live release has every file of it",)


@pytest.mark.parametrize(
    "lines",
    [
        "location @assets { root %s/public; }",
        "location /build/ { try_files $uri @others; } location @assets { root %s/public; }",
        "location /build/ { try_files $uri @assets; } location @assets { root %s-preprod/public; }",
    ],
)
def test_half_of_them_is_not_enough(web: WebHost, lines: str) -> None:
    assert "does not fall back" in checked(web, lines % root(web)).warn[0]


def test_a_file_that_only_the_pool_has_is_asked_for(web: WebHost, server: int) -> None:
    only_in_the_pool(web)
    Answering.body = b"old"
    found = checked(web, f"listen 127.0.0.1:{server};")
    assert found.ok == (f"asset pool: www.example.com serves {FILE}, which the live release has not",)
    assert Answering.asked == [("/build/app.0000000a.js", "www.example.com")]


@pytest.mark.parametrize(("body", "said"), [(b"", "is answered 404"), (b"other", "is answered 200, with something else")])
def test_an_answer_that_is_not_the_file_is_a_warning(web: WebHost, server: int, body: bytes, said: str) -> None:
    only_in_the_pool(web)
    Answering.body = body
    (line,) = checked(web, f"listen {server}; {GOOD % root(web)}").bad
    assert f"falls back to it, but http://127.0.0.1:{server}/build/app.0000000a.js {said}" in line


def test_a_server_that_does_not_answer_is_a_warning(web: WebHost, server: int) -> None:
    only_in_the_pool(web)
    lines = f"listen unix:/run/nginx.sock; listen {server} proxy_protocol; {GOOD % root(web)}"
    assert "it listens to nothing that can be asked" in checked(web, lines).warn[0]


@pytest.mark.parametrize(
    ("listens", "urls"),
    [
        ([], ["http://127.0.0.1:80"]),
        (["80 default_server", "[::]:80"], ["http://127.0.0.1:80", "http://[::1]:80"]),
        (["443 ssl http2", "8080"], ["http://127.0.0.1:8080", "https://127.0.0.1:443"]),
        (
            ["*:81", "10.0.0.1:82", "localhost", "[::1]"],
            [f"http://{e}" for e in ("127.0.0.1:81", "10.0.0.1:82", "localhost:80", "[::1]:80")],
        ),
        (["unix:/run/a.sock"], []),
    ],
)
def test_where_a_server_is_asked(listens: list[str], urls: list[str]) -> None:
    found = [Directive("listen", each.split(), None, "") for each in listens]
    assert checks._addresses(found) == urls


@pytest.mark.parametrize("path", ["web/build", "public"])
def test_a_path_that_no_server_serves_from_above_is_named(web: WebHost, path: str) -> None:
    assert f"serves the live release from above {path}" in checked(web, "", (path,)).warn[0]


def test_a_home_that_nginx_may_not_enter_is_named_with_what_to_do(web: WebHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "barrier", lambda *_: str(web.host.home))
    lines = checked(web, GOOD % root(web)).warn
    assert f"may not go through {web.host.home}, which leads to {root(web)}" in lines[0]
    assert lines[0].endswith(f"or chmod o+x {web.host.home}")


def test_before_a_first_release_there_is_nothing_to_look_at(web: WebHost) -> None:
    web.host.live.unlink()
    assert checked(web, "") == Lines((), (), ())
