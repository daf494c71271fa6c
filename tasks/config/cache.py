"""Derived forms of files, kept between runs under a digest of their source; without a place to keep them, made anew."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kept(kind: str, source: bytes, make: Callable[[], bytes]) -> bytes:
    """What `make` returns for this source: read from the user's cache, or made and written there."""
    found = read(kind, source)
    if found is None:
        write(kind, source, found := make())
    return found


def read(kind: str, source: bytes) -> bytes | None:
    """What was written of this kind for this source; None where nothing was, or it is not whole."""
    with suppress(OSError):
        if folder := _folder():
            whole = _file(folder, kind, source).read_bytes()
            digest, found = whole[:DIGEST], whole[DIGEST:]
            return found if hashlib.sha256(found).digest() == digest else None
    return None


def write(kind: str, source: bytes, made: bytes) -> None:
    """Keep this, where there is a place to keep it."""
    with suppress(OSError):
        if folder := _folder():
            _write(folder, _file(folder, kind, source), hashlib.sha256(made).digest() + made)


def _file(folder: Path, kind: str, source: bytes) -> Path:
    return folder / f"{kind}-{hashlib.sha256(source).hexdigest()[:32]}"


def files(*folders: Path) -> bytes:
    """Changes when a Python file in one of these folders, or below it, does."""
    places = [place for folder in folders for place in os.walk(folder)]  # a third of the time that Path.rglob takes
    paths = sorted(f"{place}/{name}" for place, _, names in places for name in names if name.endswith(".py"))
    return repr([(path, (about := os.stat(path)).st_mtime_ns, about.st_size) for path in paths]).encode()  # noqa: PTH116


def _folder() -> Path | None:
    """This user's alone; None where there is none. No home directory is made, and an empty HOME is none."""
    place = Path(os.environ.get("XDG_CACHE_HOME", ""))
    home = Path(os.environ.get("HOME", ""))
    parent = place if place.is_absolute() else home / ".cache"
    folder = parent / "fab-release"
    try:
        for path in (parent, folder) if parent.is_absolute() else ():
            path.mkdir(mode=0o700, exist_ok=True)
        found = folder.stat()
    except OSError:
        return None
    return folder if found.st_uid == os.geteuid() and not found.st_mode & 0o022 else None


def _write(folder: Path, file: Path, data: bytes) -> None:
    """Whole or not at all, and for this user alone."""
    new = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
        written.write(data)
    new.rename(file)
    for old in sorted(folder.glob(f"{file.name.partition('-')[0]}-*"), key=lambda path: path.stat().st_mtime)[:-KEPT]:
        old.unlink(missing_ok=True)


DIGEST = hashlib.sha256().digest_size
"""Bytes in front of each file: one that was cut short by a power cut is made anew."""

KEPT = 20
"""Forms of one kind that stay."""
