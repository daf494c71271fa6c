"""Settings that the commit expects of the host: the keys that its .env leaves without a value."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tasks.host import git
from tasks.host.build import runtime
from tasks.host.build.dotenv import Committed, text, unset
from tasks.host.failure import Failed
from tasks.host.files import read
from tasks.host.run import Run

VAULT = "config/secrets"


def check(run: Run, name: str, folders: Sequence[str]) -> None:
    """Each key must be set in a runtime file beside its .env, be it empty. `name`: the value of APP_ENV."""
    committed = _committed(run, name, folders)
    if not committed:
        return
    source = runtime.source(run)
    files = runtime.present(run, source)
    for folder in folders:
        if folder not in committed:
            continue
        missing, candidates = unset(committed[folder], run.env, _beside(source, files, folder))
        if missing:
            raise Failed(
                f"{folder}/.env of {run.commit[:12]} leaves {', '.join(missing)} without a value,"
                f" and {', '.join(candidates)} in {source} does not set it",
                "add a line KEY=VALUE for each there on the host (KEY= where it is to stay empty), then type the same again",
            )


def warn(run: Run, name: str, folders: Sequence[str]) -> None:
    """The same, as a warning of plan."""
    try:
        check(run, name, folders)
    except Failed as failure:
        run.report.warn(f"a release would be refused: {failure.what}: {failure.next}")


def _committed(run: Run, name: str, folders: Sequence[str]) -> dict[str, Committed]:
    """What the commit has in those of the folders that have a .env."""
    blobs = _blobs(run, [_in(folder, file) for folder in folders for file in (".env", f".env.{name}", VAULT)])
    found = [folder for folder in folders if _in(folder, ".env") in blobs]
    contents = _contents(run, [hash for path, hash in blobs.items() if f"/{VAULT}/" not in f"/{path}"])

    def content(folder: str, file: str) -> bytes:
        return contents.get(blobs.get(_in(folder, file), ""), b"")

    def vault(folder: str) -> list[str]:
        return [path for path in blobs if path.startswith(_in(folder, VAULT) + "/")]

    return {folder: Committed(content(folder, ".env"), content(folder, f".env.{name}"), vault(folder)) for folder in found}


def _in(folder: str, name: str) -> str:
    return os.path.normpath(f"{folder}/{name}")


def _blobs(run: Run, paths: Sequence[str]) -> dict[str, str]:
    """The files of the commit at or below these paths, and the hash of each."""
    listed = git.asked(run, "-C", run.repo, "ls-tree", "-r", "-z", run.commit, "--", *paths).output
    rows = (row.partition("\t") for row in listed.decode("utf-8", "surrogateescape").split("\0") if row)
    return {path: about.split()[2] for about, _, path in rows if about.split()[1] == "blob"}


def _contents(run: Run, hashes: Sequence[str]) -> dict[str, bytes]:
    """The content of blobs, by their hash."""
    if not hashes:
        return {}
    given = "".join(f"{hash}\n" for hash in hashes).encode()
    rest = git.asked(run, "-C", run.repo, "cat-file", "--batch", input=given).output
    found = {}
    while rest:
        head, _, rest = rest.partition(b"\n")
        about = head.decode().split(" ")  # hash, type and size, or that it is missing
        if len(about) == 3:
            size = int(about[2])
            found[about[0]], rest = rest[:size], rest[size + 1 :]
    return found


def _beside(source: str, files: Sequence[str], folder: str) -> dict[str, str]:
    """The texts of the runtime files in a folder, by their path."""
    names = [name for name in files if os.path.normpath(os.path.dirname(name) or ".") == os.path.normpath(folder)]
    return {name: _text(os.path.join(source, name)) for name in names}


def _text(path: str) -> str:
    try:
        return text(read(path))
    except OSError:
        return ""
