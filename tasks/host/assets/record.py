"""What is known of the files in the pool: which releases have each, and when one that counts last had it.

It is a convenience: where it is missing or spoilt it is made anew of the releases that are there, and no file is lost by that.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from typing import Any

from tasks.host import files, releases, tree
from tasks.host.assets.hashed import is_hashed
from tasks.host.run import Run

NAME = "assets.json"
KINDS = {"sha256": str, "size": int, "mtime": int, "seen": int, "releases": list}
"""Of each file: SHA-256 ("" while nobody needed it), size and mtime in ns that it had then, when it was last seen in a release
that counts, in seconds, and the releases that have it."""


def root(run: Run) -> str:
    """Where the pool of this live link is, which a person may have made a link to a larger disk."""
    return os.path.realpath(os.path.join(run.home, "assets", run.link))


def load(run: Run, paths: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The entry of each file. `paths` of releases are looked at where there is no record that can be read."""
    try:
        found = json.loads(files.read(run.place(NAME)).decode("ascii"))
        entries = found["files"]
        if found["v"] == 1 and all(_is_sound(entry) for entry in entries.values()):
            return dict(entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    return _rebuilt(run, paths) if os.path.isdir(root(run)) else {}


def save(run: Run, entries: dict[str, dict[str, Any]]) -> None:
    """Write the record anew. Raises OSError."""
    files.replace(run.place(NAME), json.dumps({"v": 1, "files": entries}).encode("ascii"), run.id)


def entry(*releases: str) -> dict[str, Any]:
    """That of a file of which nothing is known but the releases that have it."""
    return {"sha256": "", "size": 0, "mtime": 0, "seen": int(time.time()), "releases": [*releases]}


def hashed_files(folder: str, path: str) -> Iterator[tuple[str, str, int]]:
    """The files of a release, a real directory, at or below a path that belong into the pool, as tree.files_below has them."""
    return (found for found in tree.files_below(folder, path) if is_hashed(os.path.basename(found[1])))


def _rebuilt(run: Run, paths: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(releases.present(run)):
        folder = os.path.realpath(os.path.join(run.releases, name))
        for path in paths if releases.sealed(run, name) else ():
            with contextlib.suppress(OSError):  # what cannot be read is not served either
                for file, _, _ in hashed_files(folder, path) if not tree.leads_out(folder, path) else ():
                    found.setdefault(file, entry())["releases"].append(name)
    return found


def _is_sound(value: Any) -> bool:
    sound = isinstance(value, dict) and all(type(value.get(key)) is kind for key, kind in KINDS.items())
    return sound and all(isinstance(name, str) for name in value["releases"])
