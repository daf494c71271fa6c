"""Releases that a link of another one leads into: who prunes them takes away what only that link shows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from tasks.host import files, leads, releases
from tasks.host.build.seal import SEAL
from tasks.host.run import Run

DEEPEST = 5  # directories down that the persistent links of others are looked for
PASSED_OVER = ("node_modules", "vendor", ".git", "var")  # large, and no place of a link that outlives releases


def kept(run: Run, paths: Sequence[str]) -> dict[str, str]:
    """Each release that a link of a release which is there leads into, and that link in words.

    `paths` are those of this environment's persistent links. Those of others, who share releases_dir, are not known: theirs are
    all links that are not deep down.
    """
    found: dict[str, str] = {}
    root = os.path.realpath(run.releases)
    for entry in files.entries(run.releases):
        own = os.path.join(root, entry.name)
        for link in _links(own, paths, ours=releases.is_name(run, entry.name)):
            places = (place for place in leads.through(os.path.join(own, link)) if leads.is_in(place, root) and place != root)
            for place in (place for place in places if not leads.is_in(place, own)):
                found.setdefault(place[len(root) + 1 :].split("/")[0], f"the persistent link {link} of {entry.name}")
    return found


def _links(own: str, paths: Sequence[str], *, ours: bool) -> Iterator[str]:
    if ours:
        yield from (path for path in paths if os.path.islink(os.path.join(own, path)))
    elif os.path.isfile(os.path.join(own, SEAL)):
        yield from _below(own, "", DEEPEST)


def _below(own: str, folder: str, deepest: int) -> Iterator[str]:
    for entry in files.entries(os.path.join(own, folder)):
        path = os.path.join(folder, entry.name)
        if entry.is_symlink():
            yield path
        elif deepest > 1 and entry.name not in PASSED_OVER and entry.is_dir(follow_symlinks=False):
            yield from _below(own, path, deepest - 1)
