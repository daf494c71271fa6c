"""What the hosts of an environment lack of each other's assets goes through the workstation, in pieces."""

from __future__ import annotations

import base64
import json
import os
from typing import Any, Sequence

from tasks.host import files, releases, tree
from tasks.host.assets import record
from tasks.host.assets.ageing import is_below
from tasks.host.assets.hashed import is_hashed
from tasks.host.assets.pool import PIECE, STAGED, digest_of, failed, needed, opened, put
from tasks.host.failure import Failed
from tasks.host.run import Run

AT_ONCE = 200  # files in one line


def names(run: Run, paths: Sequence[str]) -> None:
    """Report the files that pages of what is live, and of what is to be, need.

    Lines of [[path, SHA-256, size, the releases that have it], ...].
    """
    found = needed(record.load(run, paths), (releases.live(run), run.release))
    rows = [[path, entry["sha256"], entry["size"], entry["releases"]] for path, entry in found.items()]
    for start in range(0, len(rows), AT_ONCE):
        run.report.text(json.dumps(rows[start : start + AT_ONCE]))


def give(run: Run, wanted: Sequence[str]) -> None:
    """Report the bytes of files: lines of [path, where the piece begins, its bytes in Base64]. Raises Failed."""
    root = record.root(run)
    try:
        for path in filter(is_below, wanted):
            with opened(root, path) as file:
                at, size = 0, os.fstat(file).st_size
                while at < max(size, 1):  # an empty file is a piece too
                    piece = os.pread(file, PIECE // 4, at)
                    run.report.text(json.dumps([path, at, base64.b64encode(piece).decode("ascii")]))
                    at += len(piece) or size + 1
    except OSError as problem:
        raise Failed(f"{problem.filename} cannot be read: {problem.strerror}") from problem


def take(run: Run, paths: Sequence[str], pieces: Sequence[Sequence[Any]]) -> None:
    """Add pieces to files: path, SHA-256, size and releases of the file; where the piece begins; its bytes in Base64.

    A file that is complete gets its name, unless something has it. Raises Failed.
    """
    run.lock.require(run)
    root = record.root(run)
    entries = record.load(run, paths)
    try:
        for path, digest, size, names, start, text in pieces:
            staged = _add(run, root, paths, path, digest, start, base64.b64decode(text))
            if os.path.getsize(staged) == size and _place(run, root, staged, path, digest):
                mtime = os.lstat(os.path.join(root, path)).st_mtime_ns
                entries[path] = {**record.entry(*names), "sha256": digest, "size": size, "mtime": mtime}
        record.save(run, entries)
    except OSError as problem:
        raise failed(root, problem) from problem


def _add(run: Run, root: str, paths: Sequence[str], path: str, digest: str, start: int, data: bytes) -> str:
    """Write a piece into a file that is to become `path`; where that lies. Raises Failed."""
    below = any(path == each or path.startswith(each + "/") for each in paths)
    if not (below and is_below(path) and is_hashed(os.path.basename(path)) and digest.isalnum()):
        raise Failed(f"{path!r} does not belong into the asset pool of {run.environment}")
    with tree.folder(root, STAGED, make=True) as new:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (0 if start else os.O_TRUNC)
        with tree.opened(os.path.join(root, path), digest, flags, new) as file:
            os.fchmod(file, 0o644)
            os.lseek(file, start, os.SEEK_SET)
            files.write_all(file, data)
    return os.path.join(root, STAGED, digest)


def _place(run: Run, root: str, staged: str, path: str, digest: str) -> bool:
    with files.opened(staged) as file:
        os.fsync(file)
        if digest_of(file) != digest:
            raise Failed(f"{path} has not arrived as it was sent", run.hint("status"))
    placed = put(root, staged, path)
    if not placed:
        os.unlink(staged)
    return placed
