"""The history of this host: one JSON object a line, appended and on disk before anything follows from it."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Mapping

from tasks.host import files, reserve
from tasks.host.run import Run, now

MOST = 1 << 30  # bytes
TURN = 10.0  # seconds for another line to be on disk


def record(run: Run, event: str, *each: Mapping[str, str]) -> None:
    """Append a line for each of these fields, by one write. Raises Failed."""
    about = {"v": 1, "at": now(), "event": event, "run": run.id, "by": run.by, "verb": run.verb, **run.left_out}
    lines = [json.dumps({**about, **fields}, ensure_ascii=False) + "\n" for fields in each]
    data = "".join(lines).encode("utf-8", "replace")
    path = run.place("history")
    with files.needed(path):
        descriptor = files.open_regular(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, MOST)
        try:
            files.flocked(descriptor, TURN)  # a build and a rollback may record at the same time
            new = os.fstat(descriptor).st_size == 0
            reserve.with_reserve(run, lambda: _append(descriptor, data))
        finally:
            os.close(descriptor)
        if new:
            files.flush_directory(run.state)


def _append(descriptor: int, data: bytes) -> None:
    size = os.fstat(descriptor).st_size
    # a line that a crash left without its end is ended first
    torn = size and os.pread(descriptor, 1, size - 1) != b"\n"
    files.write_all(descriptor, (b"\n" if torn else b"") + data)
    os.fsync(descriptor)


def version(run: Run) -> tuple[int, int]:
    """What changes when history does: its inode and its size in bytes. Raises Failed."""
    path = run.place("history")
    with files.needed(path), contextlib.suppress(FileNotFoundError):
        about = os.stat(path)
        return (about.st_ino, about.st_size)
    return (0, 0)


def read(run: Run) -> bytes:
    """All of it, as it was written; nothing where there is none. Raises Failed."""
    path = run.place("history")
    with files.needed(path), contextlib.suppress(FileNotFoundError):
        return files.read(path, MOST)
    return b""


def entries(run: Run, start: int = 0, end: int | None = None) -> list[dict[str, Any]]:
    """Every line between these bytes that can be read; what a crash or a hand has spoilt is passed over. Raises Failed."""
    lines = [line for line in read(run)[start:end].decode("utf-8", "replace").split("\n") if line]
    found = _json(f"[{','.join(lines)}]")  # all at once where every line is sound takes a third of the time
    if found is None or len(found) != len(lines):
        found = map(_json, lines)
    return [entry for entry in found if _sound(entry)]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _sound(entry: Any) -> bool:
    """An object with an event, and nothing but text in it; `v` is a number."""
    if type(entry) is not dict or type(entry.get("event")) is not str:
        return False
    kinds = [type(value) for value in entry.values()]
    return kinds.count(str) + (type(entry.get("v", "")) is not str) == len(kinds)
