"""Where a path leads, link by link: what outlives releases must not lie in one, nor be reached through one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from tasks.host import files
from tasks.host.run import Run

LOOP = 40  # links: the kernel follows no more
NETWORK = re.compile(r"(nfs|cifs|smb|ceph|fuse|9p|gluster|lustre|afs)")


def into(run: Run, path: str) -> str:
    """The live link, builds_dir or releases_dir, where this path is, leads into or comes through one of them; else ""."""
    ours = _live(run), os.path.realpath(run.releases), os.path.realpath(run.builds)
    return next((folder for place in through(path) for folder in ours if is_in(place, folder)), "")


def way(path: str) -> Iterator[str]:
    """Every name on the way to a path, links followed one by one: what the kernel looks up, last what is at the path."""
    names, here, links = path.split("/")[::-1], "/", 0
    while names:
        name = names.pop()
        if name in ("", "."):
            continue
        here = os.path.dirname(here) if name == ".." else os.path.join(here, name)
        yield here
        if os.path.islink(here) and links < LOOP:
            target, links = os.readlink(here), links + 1
            names += target.split("/")[::-1]
            here = "/" if target.startswith("/") else os.path.dirname(here)


def through(path: str) -> Iterator[str]:
    """The same, up to a network filesystem: it may not answer."""
    away = _network_mounts()
    for place in way(os.path.abspath(path)):
        yield place
        if place in away:
            return


def is_in(place: str, folder: str) -> bool:
    """Whether a place is a directory, or lies in it."""
    return place == folder or place.startswith(folder + "/")


def _live(run: Run) -> str:
    return os.path.join(os.path.realpath(run.home), run.link)


def _network_mounts() -> set[str]:
    """Where network filesystems are mounted."""
    found = set()
    for line in files.decoded(_mounts()).split("\n"):
        before, _, after = line.partition(" - ")
        if NETWORK.match(after):
            found.add(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), before.split()[4]))
    return found


def _mounts() -> bytes:
    try:
        return files.read("/proc/self/mountinfo")
    except OSError:
        return b""
