"""Assets of the live release that the new build lacks, copied into it, so that pages already open go on working.

A file that was carried keeps the release that it first came from, and is left out keep_releases releases later.
"""

from __future__ import annotations

import os
from typing import Any, Sequence

from tasks.host import releases
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.tree import clone, files_below, folder, leads_out, naming, opened, real

READ = os.O_RDONLY | os.O_NOFOLLOW


def carry(run: Run, keep: int, paths: Sequence[str]) -> None:
    """Carry what the live release has at or below these paths. What was carried, and from where, is for release.json."""
    if not os.path.isdir(run.live):
        return
    carrying = Carrying(run, keep)
    try:
        for path in paths:
            carrying.carry(path)
    except OSError as problem:
        place = problem.filename
        what = f"{place} could not be carried: {problem.strerror}"
        raise Failed(what, f"ls -ld {quoted(place)}; df -h; df -i # on the host") from problem
    run.carried = carrying.carried
    if carrying.in_the_way:
        run.report.warn(
            "carry_assets: not carried, for the new build has something else in its place:"
            f" {carrying.in_the_way[0]} ({len(carrying.in_the_way)} in all)"
        )
    run.report.note(
        f"assets carried from {carrying.name}: {len(carrying.carried)} ({carrying.bytes:,} bytes);"
        f" {carrying.aged} left out, being keep_releases releases old"
    )


def young(order: Sequence[str], keep: int) -> set[str]:
    """Of all releases in their `order`: those after which fewer than `keep`, or 2, were sealed, the one being built counted."""
    return set(list(dict.fromkeys(order))[1 - max(keep, 2) :])


class Carrying:
    """One build, and what it is given of the live release."""

    def __init__(self, run: Run, keep: int) -> None:
        self._report = run.report
        self.live, self.build = os.path.realpath(run.live), run.build
        self.name, self.order = os.path.basename(self.live), releases.records(run).order
        self.young = young(self.order, keep) | {self.name}
        carried = (releases.seal_of(run, self.name) or {}).get("carried")
        self.before: dict[str, Any] = carried if isinstance(carried, dict) else {}
        self.carried: dict[str, str] = {}
        self.in_the_way: list[str] = []
        self.bytes = self.aged = 0

    def carry(self, path: str) -> None:
        """What the build lacks of the live release at or below a path. Raises OSError, with the path of what failed."""
        if leads_out(self.live, path):
            self._report.warn(f"carry_assets: {path} leads out of the live release: nothing of it is carried")
        elif os.path.lexists(os.path.join(self.live, path)):
            for file, found, at in files_below(self.live, path):
                self._offer(file, os.path.basename(found), at)
        elif not os.path.lexists(os.path.join(self.build, path)):
            self._report.warn(f"carry_assets: {path} is neither in the live release nor in the new one")

    def _offer(self, path: str, name: str, at: int) -> None:
        """One file of the live release: copied, unless the build has its own, or its time has come."""
        first = self.before.get(path)
        origin = first if first in self.order else self.name  # which first had it, as far as history knows
        place = real(self.build, path)
        if place is None:
            self.in_the_way.append(path)
        elif os.path.lexists(os.path.join(self.build, place)):
            return
        elif origin not in self.young:
            self.aged += 1
        else:
            (parent, new), full = os.path.split(place), os.path.join(self.live, path)
            try:
                with folder(self.build, parent, make=True) as there, opened(full, name, READ, at) as source:
                    with naming(os.path.join(self.build, place)):
                        clone(source, new, there)
                    self.bytes += os.fstat(source).st_size
            except NotADirectoryError:
                self.in_the_way.append(path)
            else:
                self.carried[path] = origin
