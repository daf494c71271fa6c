"""Health is asked from the host itself: status, text, Host and SNI as given, redirects not followed, in its time."""

import datetime
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tasks.phases.post_release import post_release
from tasks.shell.render import program
from tests.support.host import LocalHost, Ran

NAME = "www.example.com"


class Site(BaseHTTPRequestHandler):
    """Answers by its path, and keeps what it was asked."""

    asked: list[tuple[str, str, str]]
    after = 0

    def do_GET(self) -> None:
        type(self).asked.append((self.path, self.headers["Host"], self.headers.get("X-Token", "")))
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/health")
        elif self.path == "/later" and len(self.asked) < 2:
            self.send_response(503)
        else:
            self.send_response(200 if self.path in ("/health", "/later", "/slow", "/h%C3%A9?a=b") else 404)
        self.end_headers()
        if self.path == "/slow":
            self._drip()
        self.wfile.write("all is ök".encode())

    def _drip(self) -> None:
        for _ in range(40):
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(0.1)

    def log_message(self, format: str, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[ThreadingHTTPServer]:
    handler = type("Asked", (Site,), {"asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def ask(host: LocalHost, site: ThreadingHTTPServer, path: str, scheme: str = "http", **check: Any) -> Ran:
    url = f"{scheme}://127.0.0.1:{site.server_port}{path}"
    host.use(health=[{"url": url, "within": 1, **check}])
    return host.run(post_release(host.environment), host.new_run("post-release"))


def asked(site: ThreadingHTTPServer) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = site.RequestHandlerClass.asked  # type: ignore[attr-defined]
    return found


def test_a_page_that_answers_is_healthy(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    assert ask(bare_host, site, "/health", contains="ök").code == 0


def test_headers_are_sent_as_they_are_given(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    assert ask(bare_host, site, "/health", headers={"Host": NAME, "X-Token": "a b"}).code == 0
    assert asked(site) == [("/health", NAME, "a b")]


def test_without_a_host_header_the_address_is_it(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    assert ask(bare_host, site, "/health").code == 0
    assert asked(site)[0][1] == f"127.0.0.1:{site.server_port}"


@pytest.mark.parametrize(
    ("path", "check", "said"),
    [
        ("/gone", {}, "answered 404 instead of 200"),
        ("/moved", {}, "answered 302 instead of 200"),
        ("/health", {"contains": "absent"}, "'absent' is not in the body"),
        ("/health", {"status": 404}, "answered 200 instead of 404"),
        ("/slow", {}, "did not end in time"),
    ],
)
def test_what_is_wrong_is_said(bare_host: LocalHost, site: ThreadingHTTPServer, path: str, check: Any, said: str) -> None:
    done = ask(bare_host, site, path, **check)
    assert done.code == 3
    assert said in done.failure


def test_a_redirect_is_an_answer_and_is_not_followed(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    assert ask(bare_host, site, "/moved", status=302).code == 0
    assert [path for path, *_ in asked(site)] == ["/moved"]


def test_a_page_may_need_some_time(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    assert ask(bare_host, site, "/later", within=20).code == 0


def test_a_path_may_hold_any_letter(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    assert ask(bare_host, site, "/hé?a=b#part").code == 0
    assert asked(site)[0][0] == "/h%C3%A9?a=b"


def test_nobody_there_is_said_too(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    site.server_close()
    assert "refused" in ask(bare_host, site, "/health").failure


def test_a_workstation_that_goes_away_ends_the_waiting(bare_host: LocalHost, site: ThreadingHTTPServer) -> None:
    bare_host.use(health=[{"url": f"http://127.0.0.1:{site.server_port}/gone", "within": 300}])
    run = bare_host.new_run("post-release")
    with bare_host.start(program(post_release(bare_host.environment), run), run.nonce) as running:
        running.until("line", "health")
        assert running.end().code == 130


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / "cert.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(pem, plain, serialization.NoEncryption()))
    return files


@pytest.fixture
def secure(site: ThreadingHTTPServer, bare_host: LocalHost, tmp_path: Path) -> tuple[ThreadingHTTPServer, list[str]]:
    """The site behind TLS, and the names that it was asked for."""
    names: list[str] = []
    cert, key = certificate(tmp_path, NAME)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    bare_host.variables["SSL_CERT_FILE"] = str(cert)
    return site, names


def test_the_host_header_is_the_name_for_tls(bare_host: LocalHost, secure: tuple[ThreadingHTTPServer, list[str]]) -> None:
    site, names = secure
    done = ask(bare_host, site, "/health", "https", headers={"host": NAME})
    assert (done.code, names) == (0, [NAME])


def test_a_certificate_of_another_name_is_not_healthy(
    bare_host: LocalHost, secure: tuple[ThreadingHTTPServer, list[str]]
) -> None:
    done = ask(bare_host, secure[0], "/health", "https", headers={"Host": "other.example.com"})
    assert (done.code, "certificate" in done.failure) == (3, True)


def test_an_unknown_authority_is_not_healthy(bare_host: LocalHost, secure: tuple[ThreadingHTTPServer, list[str]]) -> None:
    del bare_host.variables["SSL_CERT_FILE"]
    done = ask(bare_host, secure[0], "/health", "https", headers={"Host": NAME})
    assert (done.code, "certificate" in done.failure) == (3, True)


def test_an_address_needs_a_certificate_for_itself(bare_host: LocalHost, secure: tuple[ThreadingHTTPServer, list[str]]) -> None:
    assert ask(bare_host, secure[0], "/health", "https").code == 3
