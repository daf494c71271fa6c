"""Health is asked from the host itself: status, text, Host and SNI as given, redirects not followed, in its time."""

import contextlib
import datetime
import socket
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

from tasks.host.failure import Failed
from tasks.host.mask import Mask
from tasks.host.services import health
from tests.functions.made import Made

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
            with contextlib.suppress(ConnectionError):
                self._drip()
        with contextlib.suppress(ConnectionError):
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


def ask(site: ThreadingHTTPServer, path: str, scheme: str = "http", **check: Any) -> str:
    """Check the health of a page once; what is wrong, "" when nothing."""
    url = f"{scheme}://127.0.0.1:{site.server_port}{path}"
    wanted = {"status": 200, "within": 0, "contains": "", "headers": {}, **check}
    headers = list(wanted["headers"].items())
    try:
        health.check(Made("post-release"), url, wanted["status"], wanted["within"], wanted["contains"], headers)
    except Failed as failure:
        return failure.what
    return ""


def asked(site: ThreadingHTTPServer) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = site.RequestHandlerClass.asked  # type: ignore[attr-defined]
    return found


def test_a_page_that_answers_is_healthy(site: ThreadingHTTPServer) -> None:
    assert ask(site, "/health", contains="ök") == ""


def test_headers_are_sent_as_they_are_given(site: ThreadingHTTPServer) -> None:
    assert ask(site, "/health", headers={"Host": NAME, "X-Token": "a b"}) == ""
    assert asked(site) == [("/health", NAME, "a b")]


def test_without_a_host_header_the_address_is_it(site: ThreadingHTTPServer) -> None:
    assert ask(site, "/health") == ""
    assert asked(site)[0][1] == f"127.0.0.1:{site.server_port}"


@pytest.mark.parametrize(
    ("path", "check", "what"),
    [
        ("/gone", {}, "answered 404 instead of 200"),
        ("/moved", {}, "answered 302 instead of 200"),
        ("/health", {"contains": "absent"}, "'absent' is not in the body"),
        ("/health", {"status": 404}, "answered 200 instead of 404"),
        ("/slow", {}, "did not end in time"),
    ],
)
def test_what_is_wrong_is_in_the_failure(site: ThreadingHTTPServer, path: str, check: Any, what: str) -> None:
    assert what in ask(site, path, **check)


def test_the_body_of_what_is_wrong_is_left_for_the_release_user(
    site: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ask(site, "/gone")
    assert [file.read_text() for file in tmp_path.iterdir()] == ["all is ök\n"]


def test_a_redirect_is_an_answer_and_is_not_followed(site: ThreadingHTTPServer) -> None:
    assert ask(site, "/moved", status=302) == ""
    assert [path for path, *_ in asked(site)] == ["/moved"]


def test_a_page_may_need_some_time(site: ThreadingHTTPServer) -> None:
    assert ask(site, "/later", within=20) == ""


def test_a_path_may_hold_any_letter(site: ThreadingHTTPServer) -> None:
    assert ask(site, "/hé?a=b#part") == ""
    assert asked(site)[0][0] == "/h%C3%A9?a=b"


def test_nobody_there_is_a_failure_too() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(Failed, match="refused"):
            health.check(Made("post-release"), url, 200, 0, "", [])


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
def secure(site: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ThreadingHTTPServer, list[str]]:
    """The site behind TLS, and the names that it was asked for."""
    names: list[str] = []
    cert, key = certificate(tmp_path, NAME)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    site.socket = context.wrap_socket(site.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    return site, names


def test_the_host_header_is_the_name_for_tls(secure: tuple[ThreadingHTTPServer, list[str]]) -> None:
    site, names = secure
    assert (ask(site, "/health", "https", headers={"host": NAME}), names) == ("", [NAME])


def test_a_certificate_of_another_name_is_not_healthy(secure: tuple[ThreadingHTTPServer, list[str]]) -> None:
    assert "certificate" in ask(secure[0], "/health", "https", headers={"Host": "other.example.com"})


def test_an_unknown_authority_is_not_healthy(
    secure: tuple[ThreadingHTTPServer, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate" in ask(secure[0], "/health", "https", headers={"Host": NAME})


def test_an_address_needs_a_certificate_for_itself(secure: tuple[ThreadingHTTPServer, list[str]]) -> None:
    assert ask(secure[0], "/health", "https") != ""


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTT"], ids=["headers", "status line"])
def test_an_answer_that_drips_ends_in_its_time(head: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "TRY", 1.0)
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        with contextlib.suppress(OSError), server.accept()[0] as client:
            client.sendall(head)
            while not over.wait(0.05):
                client.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        with pytest.raises(Failed, match="did not end in time"):
            health.check(Made("post-release"), f"http://127.0.0.1:{server.getsockname()[1]}/", 200, 1.0, "", [])
        over.set()


def test_what_speaks_no_http_is_not_printed_with_the_failure() -> None:
    def answer(server: socket.socket) -> None:
        with server.accept()[0] as client:
            client.recv(1000)
            client.sendall(b"s3cr3t-of-the-site\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=answer, args=(server,), daemon=True).start()
        with pytest.raises(Failed, match="speaks no HTTP") as caught:
            health.check(Made("post-release"), f"http://127.0.0.1:{server.getsockname()[1]}/", 200, 0.0, "", [])
    assert "s3cr3t" not in caught.value.what


def test_a_body_that_is_cut_ends_in_no_beginning_of_a_value(site: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LIMIT", 8)
    _, body = health.answer(f"http://127.0.0.1:{site.server_port}/health", [], 5)
    assert Mask(["all is ök, and more"])(body) == b"****..."
