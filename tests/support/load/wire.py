"""One connection to a web server, as a browser keeps it: used again and again, and made anew when the server has closed it."""

import asyncio
import time
from dataclasses import dataclass

PATIENCE = 15.0  # seconds for one answer


class Broken(Exception):
    """No whole answer came; the text says what came instead."""


class Unanswered(Exception):
    """The connection was closed before a single byte of an answer."""


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes


class Connection:
    """`started` is when the last request was sent, on the machine's monotonic clock; `retried` whether it was sent twice."""

    def __init__(self, address: str, port: int, patience: float = PATIENCE) -> None:
        self.address, self.port, self.patience = address, port, patience
        self.started, self.retried = 0.0, False
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        """Ask for a page: once more, on a new connection, where one that was in use is closed unanswered, as browsers do.

        Raises Broken.
        """
        self.retried = False
        reused = self._is_open()
        try:
            try:
                return await self._ask(path)
            except Unanswered:
                if not reused:
                    raise
            self.retried = True
            return await self._ask(path)
        except Unanswered:
            raise Broken("closed without an answer") from None

    def close(self) -> None:
        """Let go of it."""
        if self._streams:
            self._streams[1].close()
        self._streams = None

    def _is_open(self) -> bool:
        if self._streams and self._streams[0].at_eof():
            self.close()
        return self._streams is not None

    async def _ask(self, path: str) -> Answer:
        self.started = time.monotonic()
        try:
            async with asyncio.timeout(self.patience):
                return await self._exchange(path)
        except BaseException as problem:
            self.close()
            match problem:
                case TimeoutError():
                    raise Broken(f"no answer in {self.patience:g} s") from None
                case asyncio.IncompleteReadError() | asyncio.LimitOverrunError() | ValueError() | LookupError() | OSError():
                    raise Broken("cut off") from problem
            raise

    async def _exchange(self, path: str) -> Answer:
        if not self._streams:
            try:
                self._streams = await asyncio.open_connection(self.address, self.port)
            except OSError as problem:
                raise Broken("no connection") from problem
        reader, writer = self._streams
        self.started = time.monotonic()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {self.address}\r\nConnection: keep-alive\r\n\r\n".encode())
        first = await _first_byte(reader)
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status_line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        answer = Answer(int(status_line.split()[1]), await _body(reader, headers))
        if headers.get("connection", "").lower() == "close" or not {"content-length", "transfer-encoding"} & headers.keys():
            self.close()
        return answer


async def _first_byte(reader: asyncio.StreamReader) -> bytes:
    try:
        first = await reader.read(1)
    except ConnectionError:
        first = b""
    if not first:
        raise Unanswered
    return first


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return await _chunks(reader)
    if "content-length" in headers:
        return await reader.readexactly(int(headers["content-length"]))
    return await reader.read()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readexactly(2)
    return body
