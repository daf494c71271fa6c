"""Ask one URL from the host itself until it is healthy or its time is up. Redirects are an answer like any other.

A Host header is also the name for TLS (SNI, and the one the certificate must have), so that 127.0.0.1 can be asked for a site.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import string
import sys
import time
import urllib.parse
from typing import List, Tuple

from tasks.shell.lib.wire import emit

Headers = List[Tuple[str, str]]

LIMIT = 1 << 20  # bytes of a body that are looked at
TRY = 10.0  # seconds for one try


class Unhealthy(Exception):
    pass


def connect(url: urllib.parse.SplitResult, name: str, timeout: float) -> http.client.HTTPConnection:
    port = url.port or (443 if url.scheme == "https" else 80)
    connection = http.client.HTTPConnection(url.hostname or "", port, timeout=timeout)
    connection.sock = socket.create_connection((url.hostname, port), timeout)
    if url.scheme == "https":
        connection.sock = ssl.create_default_context().wrap_socket(connection.sock, server_hostname=name)
    return connection


def ask(url: urllib.parse.SplitResult, headers: Headers, timeout: float) -> tuple[int, bytes]:
    host = next((value for name, value in headers if name.lower() == "host"), "")
    connection = connect(url, urllib.parse.urlsplit("//" + host).hostname or url.hostname or "", timeout)
    try:
        target = urllib.parse.quote(urllib.parse.urlunsplit(("", "", url.path or "/", url.query, "")), safe=string.punctuation)
        connection.putrequest("GET", target, skip_host=bool(host), skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8"))
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, body_of(answer, time.monotonic() + timeout)
    finally:
        connection.close()


def body_of(answer: http.client.HTTPResponse, deadline: float) -> bytes:
    found = b""
    while len(found) < LIMIT:
        piece = answer.read1(65536)
        if not piece:
            break
        found += piece
        if time.monotonic() > deadline:
            raise Unhealthy("the body did not end in time")
    return found


def judge(url: urllib.parse.SplitResult, headers: Headers, status: int, contains: str, timeout: float) -> None:
    got, text = ask(url, headers, timeout)
    if got != status:
        raise Unhealthy("answered %d instead of %d" % (got, status), text)
    if contains.encode() not in text:
        raise Unhealthy("answered %d, but %r is not in the body" % (got, contains), text)


def main(address: str, status: str, within: str, contains: str, *words: str) -> int:
    url, headers = urllib.parse.urlsplit(address), list(zip(words[::2], words[1::2]))
    last, body, deadline = "", b"", time.monotonic() + float(within)
    while True:
        left = deadline - time.monotonic()
        if last and left <= 0:
            emit("fail", "%s is not healthy after %s seconds: %s" % (address, within, last), "")
            print(body.decode("utf-8", "replace").strip())  # to be masked before it is told
            return 1
        try:
            judge(url, headers, int(status), contains, min(TRY, max(1.0, left)))
            return 0
        except (OSError, ValueError, http.client.HTTPException, Unhealthy) as problem:
            told = problem.args if isinstance(problem, Unhealthy) else (str(problem),)
            last, body = told[0] or type(problem).__name__, b"".join(told[1:])[:1000]
            emit("line", "health", last)
        time.sleep(max(0.0, min(1.0, deadline - time.monotonic())))


sys.exit(main(*sys.argv[1:]))
