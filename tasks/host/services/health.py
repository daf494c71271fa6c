"""Ask one URL from the host itself until it is healthy or its time is up. Redirects are an answer like any other.

A Host header is also the name for TLS (SNI, and the one the certificate must have), so that 127.0.0.1 can be asked for a site.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tasks.host.failure import Failed
from tasks.host.services import last_words

if TYPE_CHECKING:
    import http.client
    from collections.abc import Sequence
    from urllib.parse import SplitResult

    from tasks.host.run import Run

    Headers = Sequence[Sequence[str]]

LIMIT = 1 << 20  # bytes of a body that are looked at
KEPT = 1000  # bytes of a body that are reported
TRY = 10.0  # seconds for one try
FIRST_PAUSE, PAUSE = 0.05, 1.0  # seconds between tries, doubled from the first to the second


class Unhealthy(Exception):
    """An answer that is not the one that is expected, and its body."""

    def __init__(self, what: str, body: bytes = b"") -> None:
        super().__init__(what)
        self.body = body


def check(run: Run, url: str, status: int, within: float, contains: str, headers: Headers) -> None:
    """Ask until the answer has this status and this text. Raises Failed after `within` seconds, the body in the last words."""
    from http.client import HTTPException
    from urllib.parse import urlsplit

    address = urlsplit(url)
    deadline, pause = time.monotonic() + within, FIRST_PAUSE
    while True:
        try:
            return _judge(address, headers, status, contains, min(TRY, max(1.0, deadline - time.monotonic())))
        except (OSError, ValueError, HTTPException, Unhealthy) as error:
            problem: Exception = error
        what = str(problem) or type(problem).__name__
        run.report.line("health", what)
        left = deadline - time.monotonic()
        if left <= 0:
            _fail(run, f"{url} is not healthy after {within:g} seconds: {what}", problem)
        time.sleep(min(pause, left))
        pause = min(PAUSE, pause * 2)


def _fail(run: Run, what: str, problem: Exception) -> None:
    if isinstance(problem, Unhealthy):
        run.log.write(problem.body[:KEPT].strip() + b"\n")
    last_words.hand_over(run)
    raise Failed(what)


def _judge(url: SplitResult, headers: Headers, status: int, contains: str, seconds: float) -> None:
    got, body = _ask(url, headers, seconds)
    if got != status:
        raise Unhealthy(f"answered {got} instead of {status}", body)
    if contains.encode() not in body:
        raise Unhealthy(f"answered {got}, but {contains!r} is not in the body", body)


def _ask(url: SplitResult, headers: Headers, seconds: float) -> tuple[int, bytes]:
    from string import punctuation
    from urllib.parse import quote, urlsplit, urlunsplit

    host = next((value for name, value in headers if name.lower() == "host"), "")
    connection = _connect(url, urlsplit(f"//{host}").hostname or url.hostname or "", seconds)
    try:
        target = quote(urlunsplit(("", "", url.path or "/", url.query, "")), safe=punctuation)
        connection.putrequest("GET", target, skip_host=bool(host), skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8"))
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, _body(answer, time.monotonic() + seconds)
    finally:
        connection.close()


def _connect(url: SplitResult, name: str, seconds: float) -> http.client.HTTPConnection:
    import socket
    from http.client import HTTPConnection

    port = url.port or (443 if url.scheme == "https" else 80)
    connection = HTTPConnection(url.hostname or "", port, timeout=seconds)
    connection.sock = socket.create_connection((url.hostname, port), seconds)
    if url.scheme == "https":
        import ssl

        connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=name)
    return connection


def _body(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    found = b""
    while len(found) < LIMIT:
        piece = answer.read1(65536)
        if not piece:
            break
        found += piece
        if time.monotonic() > deadline:
            raise Unhealthy("the body did not end in time")
    return found
