"""The load balancer in front of several embedded hosts: each request goes to the next web server that answers."""

import itertools
import signal
import sys
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from .layout import Layout
from .process import say_ready

ANSWER_SECONDS = 10.0
ITS_OWN = ("connection", "transfer-encoding")


class Answer(NamedTuple):
    """What a web server answered."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Pool:
    """Web servers, each `address:port`, that are asked in turn."""

    def __init__(self, servers: list[str]) -> None:
        self._servers = servers
        self._turns = itertools.count()

    def get(self, path: str) -> Answer | None:
        """The answer of the next server that gives one; None where none does."""
        for server in self._from(next(self._turns)):
            try:
                return _ask(server, path)
            except (OSError, HTTPException):
                continue
        return None

    def _from(self, turn: int) -> Iterator[str]:
        first = turn % len(self._servers)
        return itertools.chain(self._servers[first:], self._servers[:first])


def _ask(server: str, path: str) -> Answer:
    """Raises OSError or HTTPException where the server does not answer whole."""
    connection = HTTPConnection(server, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in ITS_OWN]
        return Answer(answer.status, headers, answer.read())
    finally:
        connection.close()


class Request(BaseHTTPRequestHandler):
    """One request of a visitor."""

    pool: Pool

    def do_GET(self) -> None:
        """Pass on the answer of a server."""
        answer = self.pool.get(self.path)
        if answer is None:
            self.send_error(HTTPStatus.BAD_GATEWAY, explain="no host answers")
            return
        self.send_response_only(answer.status)
        for header in answer.headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(answer.body)


def main(layout: Layout) -> int:
    """Serve until SIGTERM, for the servers in the file run/servers."""
    Request.pool = Pool(layout.servers_file.read_text().split())
    server = ThreadingHTTPServer((layout.address, 0), Request)
    layout.port_file("balancer").write_text(str(server.server_address[1]))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    say_ready()
    server.serve_forever()
    return 0
