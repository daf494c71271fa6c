"""The history of a host: one JSON object a line, appended and on disk before anything follows from it.

Python 3.8, standard library only: this text is part of the program that is sent to the host.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
import time
from typing import IO, Any, Iterator

STATE, RELEASES, LIVE = os.environ["STATE"], os.environ["RELEASES"], os.environ["LIVE"]
LINK = os.environ["LIVE_LINK_NAME"]
HISTORY = os.path.join(STATE, "history")
NAME = re.compile(re.escape(LINK) + r"-[0-9]{8}T[0-9]{6}Z")
LARGEST = 1 << 26


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def fsync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def file_at(path: str, mode: str = "rb") -> IO[bytes]:
    """An open file, surely one, of a size to be read at once; a FIFO in its place holds up nobody. Raises OSError."""
    file: IO[bytes] = open(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK, 0o644))
    about = os.fstat(file.fileno())
    if stat.S_ISREG(about.st_mode) and about.st_size <= LARGEST:
        return file
    file.close()
    raise OSError(errno.EINVAL, "not a file, or far too large", path)


def line(event: str, fields: list[str]) -> bytes:
    who = {key: os.environ[key.upper()] for key in ("run", "by", "verb")}
    entry = {"v": 1, "at": now(), "event": event, **who, **dict(field.partition("=")[::2] for field in fields)}
    return json.dumps(entry, ensure_ascii=False).encode() + b"\n"


def record(event: str, *each: list[str]) -> None:
    """Append a line for each, on disk before anything follows from it; one that a crash left without its end is ended first."""
    with file_at(HISTORY, "ab+") as history:
        size = history.seek(0, os.SEEK_END)
        if size:
            history.seek(size - 1)
        torn = size and history.read(1) != b"\n"
        history.write((b"\n" if torn else b"") + b"".join(line(event, fields) for fields in each))
        history.flush()
        os.fsync(history.fileno())
    fsync_directory(STATE)


def entries() -> Iterator[dict[str, Any]]:
    """Every line of history that can be read; what a crash or a hand has spoilt is passed over."""
    try:
        with file_at(HISTORY) as history:
            lines = history.read().decode("utf-8", "replace").split("\n")
    except FileNotFoundError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("event"), str):
            if all(isinstance(value, str) for key, value in entry.items() if key != "v"):
                yield entry
