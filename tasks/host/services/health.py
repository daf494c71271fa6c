"""Ask one URL from the host itself until it is healthy or its time is up. Redirects are an answer like any other.

A Host header is also the name for TLS (SNI, and the one the certificate must have), so that 127.0.0.1 can be asked for a site.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from string import punctuation
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from tasks.host.deadline import limit
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.services import last_words

if TYPE_CHECKING:
    from http.client import HTTPConnection

LIMIT = 1 << 20  # bytes of a body that are looked at
CUT = b"..."  # after a body that was cut: what stands before it may be the beginning of a value, and is masked
TRY = 10.0  # seconds for one try
LATE = "the answer did not end in time"
FIRST_PAUSE, PAUSE = 0.05, 1.0  # seconds between tries, doubled from the first to the second


class Unhealthy(Exception):
    """An answer that is not the one that is expected, and its body."""

    def __init__(self, what: str, body: bytes = b"") -> None:
        super().__init__(what)
        self.body = body


def check(run: Run, url: str, status: int, within: float, contains: str, headers: Sequence[Sequence[str]]) -> None:
    """Ask until the answer has this status and this text. Raises Failed after `within` seconds, the body in the last words."""
    deadline, pause = time.monotonic() + within, FIRST_PAUSE
    while True:
        try:
            return _try(url, status, contains, headers, min(TRY, max(1.0, deadline - time.monotonic())))
        except (OSError, ValueError, Unhealthy) as error:
            what, body = str(error) or type(error).__name__, getattr(error, "body", b"")
        run.report.line("health", what)
        left = deadline - time.monotonic()
        if left <= 0:
            run.log.write(body.strip() + b"\n")
            last_words.hand_over(run)
            raise Failed(f"{url} is not healthy after {within:g} seconds: {what}")
        time.sleep(min(pause, left))
        pause = min(PAUSE, pause * 2)


def _try(url: str, status: int, contains: str, headers: Sequence[Sequence[str]], seconds: float) -> None:
    answered, body = answer(url, headers, seconds)
    if answered != status:
        raise Unhealthy(f"answered {answered} instead of {status}", body)
    if contains.encode() not in body:
        raise Unhealthy(f"answered {status}, but {contains!r} is not in the body", body)


def answer(url: str, headers: Sequence[Sequence[str]], seconds: float) -> tuple[int, bytes]:
    """Status and body. What comes byte by byte, each in time, is cut off after so many seconds all the same."""
    from http.client import HTTPException

    late: list[bool] = []
    connection = _connection(url, headers, seconds)
    socket = connection.sock

    def cut() -> None:
        late.append(True)
        with contextlib.suppress(OSError):
            socket.shutdown(2)

    try:
        with limit(seconds, cut):
            answer, body = connection.getresponse(), b""
            while len(body) < LIMIT and (piece := answer.read1(65536)):
                body += piece
    except (OSError, ValueError, HTTPException) as problem:
        if not late and not isinstance(problem, HTTPException):
            raise
        raise Unhealthy(LATE if late else "what answers speaks no HTTP", str(problem).encode()) from problem
    finally:
        connection.close()
    if late:
        raise Unhealthy(LATE, body + CUT)
    return answer.status, body + (CUT if len(body) >= LIMIT else b"")


def _connection(url: str, headers: Sequence[Sequence[str]], seconds: float) -> HTTPConnection:
    """One that has been sent the request."""
    from http.client import HTTPConnection

    address = urlsplit(url)
    host = next((value for name, value in headers if name.lower() == "host"), "")
    secure = address.scheme == "https"
    connection = HTTPConnection(address.hostname or "", address.port or (443 if secure else 80), timeout=seconds)
    try:
        connection.connect()
        if secure:
            import ssl

            name = urlsplit(f"//{host}").hostname or address.hostname
            connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=name)
        target = quote(urlunsplit(("", "", address.path or "/", address.query, "")), safe=punctuation)
        connection.putrequest("GET", target, skip_host=bool(host), skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8"))
        connection.endheaders()
    except BaseException:
        connection.close()
        raise
    return connection
