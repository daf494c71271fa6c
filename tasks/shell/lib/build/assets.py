"""Assets of the live release that the new build lacks, copied into it, so that pages already open go on working.

A file that was carried keeps the release that it first came from, and is left out keep_releases releases later.
"""

from __future__ import annotations

import json
import os
import stat
from typing import Dict, List, Set

from tasks.shell.lib.build.clone import clone
from tasks.shell.lib.build.tree import everything, folder_in, inside, named, opened
from tasks.shell.lib.wire import emit


def young(order: List[str], keep: int) -> Set[str]:
    """The releases whose files are carried on: those after which fewer than `keep` were sealed, the one being built counted.

    `order` has every release that was ever sealed, the oldest first. Two count where `keep` says fewer.
    """
    return set(list(dict.fromkeys(order))[1 - max(keep, 2) :])


def origin_of(path: str, live: str, carried: Dict[str, str], order: List[str]) -> str:
    """The release that first had this file of the live one; the live one itself where history does not know that release."""
    first = carried.get(path, live)
    return first if first in order else live


def carried_by(release: str) -> Dict[str, str]:
    """What a release has of earlier ones: each path with its release of origin."""
    try:
        with open(os.path.join(release, "release.json"), encoding="utf-8") as file:
            carried = json.load(file)["carried"]
        return {path: origin for path, origin in carried.items() if isinstance(origin, str)}
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}


class Carrying:
    """One build, and what it is given of the live release."""

    def __init__(self, live: str, build: str, order: List[str], keep: int) -> None:
        self.live, self.build, self.order = os.path.realpath(live), os.path.realpath(build), order
        self.name = os.path.basename(self.live)
        self.young = young(order, keep) | {self.name}
        self.before = carried_by(self.live)
        self.carried: Dict[str, str] = {}
        self.in_the_way: List[str] = []
        self.bytes = self.aged = 0

    def carry(self, path: str) -> None:
        """What the build lacks of the live release at or below a path. Raises OSError, with the path of what failed."""
        root = os.path.join(self.live, path)
        real = os.path.realpath(root)
        if os.path.lexists(root) and not (inside(root, self.live) and os.path.exists(real)):
            emit("warn", "carry_assets: %s leads out of the live release: nothing of it is carried" % path)
        elif os.path.lexists(root):
            for place, name, at, mode in everything(real):
                if stat.S_ISREG(mode):
                    self.offer(os.path.normpath(os.path.join(path, os.path.relpath(place, real))), name, at)
        elif not os.path.lexists(os.path.join(self.build, path)):
            emit("warn", "carry_assets: %s is neither in the live release nor in the new one" % path)

    def offer(self, path: str, name: str, at: int) -> None:
        """One file of the live release: copied, unless the build has its own, or its time has come."""
        target = os.path.join(self.build, path)
        origin = origin_of(path, self.name, self.before, self.order)
        if not inside(os.path.dirname(target), self.build):
            self.in_the_way.append(path)
        elif os.path.lexists(target):
            return
        elif origin not in self.young:
            self.aged += 1
        else:
            try:
                self.copy(path, name, at, target)
                self.carried[path] = origin
            except NotADirectoryError:
                self.in_the_way.append(path)

    def copy(self, path: str, name: str, at: int, target: str) -> None:
        """The file itself. Raises NotADirectoryError where the build has a file in the place of its directory."""
        folder = os.path.relpath(os.path.realpath(os.path.dirname(target)), self.build)
        with opened(os.path.join(self.live, path), name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, at) as source:
            with folder_in(self.build, folder, make=True) as into, named(target):
                clone(source, os.path.basename(target), into)
            self.bytes += os.fstat(source).st_size

    def tell(self) -> None:
        """One note, and one warning where something could not be carried."""
        if self.in_the_way:
            text = "carry_assets: not carried, for the new build has something else in its place: %s (%d in all)"
            emit("warn", text % (self.in_the_way[0], len(self.in_the_way)))
        text = "assets carried from %s: %d (%s bytes); %d left out, being keep_releases releases old"
        emit("note", text % (self.name, len(self.carried), format(self.bytes, ","), self.aged))


def carry(live: str, build: str, order: str, result: str, keep: str, *paths: str) -> None:
    """Carry what is at these paths; `order` is a file of names, each ended by a NUL, and `result` the file to write."""
    with open(order, encoding="utf-8") as file:
        carrying = Carrying(live, build, file.read().split("\0")[:-1], int(keep))
    for path in paths:
        carrying.carry(path)
    with open(result, "w", encoding="utf-8") as file:
        json.dump(carrying.carried, file)
    carrying.tell()
