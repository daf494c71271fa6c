"""A web server on loopback that does what a test tells it: whole answers, and every way to lose one."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

BODY = b"release %s\n<!-- end -->\n"
Answers = Callable[[int], bytes]
CLOSE = b""  # an answer that is none: the connection is closed


def page(release: str = "old") -> bytes:
    """A whole answer."""
    return response(BODY % release.encode())


def response(body: bytes, status: int = 200, length: int | None = None) -> bytes:
    """An answer, with the length that it claims."""
    return b"HTTP/1.1 %d Said\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body) if length is None else length, body)


def chunked(body: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """The same in two pieces, with or without its end, as nginx sends what php-fpm gives it."""
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:5], body[5:]) if piece)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + end


class FakeSite(socketserver.ThreadingTCPServer):
    """`answers` gives the bytes for the request of a number, from 0; a connection stays open after a whole answer alone."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, answers: Answers) -> None:
        super().__init__(("127.0.0.1", 0), Spoken)
        self.answers, self.asked, self.lock = answers, 0, threading.Lock()
        self.port = int(self.server_address[1])

    def answer(self) -> bytes:
        """What the next request gets."""
        with self.lock:
            number = self.asked
            self.asked += 1
        return self.answers(number)


class Spoken(socketserver.StreamRequestHandler):
    """One connection."""

    server: FakeSite

    def handle(self) -> None:
        """Answer until there is no more to ask, or no whole answer."""
        while self._asked():
            said = self.server.answer()
            self.wfile.write(said)
            if not whole(said):
                return

    def _asked(self) -> bool:
        line = first = self.rfile.readline()
        while line.strip():
            line = self.rfile.readline()
        return bool(first)


def whole(said: bytes) -> bool:
    """Does the wire have all that the answer claims?"""
    head, _, body = said.partition(b"\r\n\r\n")
    if b"chunked" in head:
        return body.endswith(b"0\r\n\r\n")
    return said != CLOSE and len(body) == int(head.rpartition(b" ")[2])


@contextmanager
def fake_site(answers: Answers) -> Iterator[FakeSite]:
    """It serves as long as the block runs."""
    with FakeSite(answers) as site:
        thread = threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()
