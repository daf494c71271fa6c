"""Which copy of a runtime file counts: the live release's, or the one in ~/runtime/LINK; the one that changed wins."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.host import releases
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.runtime import record
from tasks.host.runtime.files import content, present, source

if TYPE_CHECKING:
    from tasks.host.runtime.record import Macs, Record


class Choice:
    """The directory that each runtime file is taken from. What nobody can decide is in `refusals` instead.

    `stale`: files whose copy in ~/runtime is older than the live one; `newer`: those whose copy there is newer; `same`: those
    of which both copies are alike.
    """

    def __init__(self) -> None:
        self.folders: dict[str, str] = {}
        self.stale: list[str] = []
        self.newer: list[str] = []
        self.same: list[str] = []
        self.refusals: list[Failed] = []

    def require(self) -> Choice:
        """The same. Raises Failed where one cannot be decided."""
        if self.refusals:
            raise self.refusals[0]
        return self


def choose(run: Run) -> Choice:
    """What counts now. Nothing is written. Raises Failed where a file is not what it must be."""
    found, live = Choice(), source(run)
    mine, kept = present(run, live), present(run, run.runtime) if live != run.runtime else []
    known = record.read(run, os.path.basename(live)) if kept else None
    found.folders = dict.fromkeys(mine, live)
    for path in kept:
        if path not in mine and known is not None and path not in known:
            found.folders[path] = run.runtime  # put there since
            found.newer.append(path)
        elif path not in mine:
            found.refusals.append(_only_kept(run, live, path))
        else:
            _compare(run, found, path, known)
    return found


def begin(run: Run) -> None:
    """Record what the live release has, where nothing is recorded of it and no copy differs. Raises Failed or OSError."""
    live, folder = releases.live(run), source(run)
    if not live or not run.runtime_files or record.read(run, live) is not None:
        return
    found = choose(run)
    for refusal in found.refusals:
        run.report.warn(refusal.sentence)
    if not found.refusals:
        macs = {path: record.mac(record.key(run), content(run, folder, path)) for path in found.folders}
        record.write(run, live, {path: (mac, mac) for path, mac in macs.items()})


def _compare(run: Run, found: Choice, path: str, known: Record | None) -> None:
    live = found.folders[path]
    mine, kept = content(run, live, path), content(run, run.runtime, path)
    if mine == kept:
        found.same.append(path)
        return
    before = (known or {}).get(path)
    winner = _changed(run, before, mine, kept) if before else ""
    if winner == "live":
        found.stale.append(path)
    elif winner:
        found.folders[path] = run.runtime
        found.newer += [path] if winner == "runtime" else []
    else:
        del found.folders[path]
        why = "both have changed" if before else "which of them is newer is not known"
        found.refusals.append(_undecided(run, live, path, why))


def _changed(run: Run, before: Macs, mine: bytes, kept: bytes) -> str:
    """Which has changed since the record: live, runtime, "" for both, or neither: a `build` alone has made them differ."""
    key = record.key(run)
    live, other = record.mac(key, mine) != before[1], record.mac(key, kept) != before[0]
    return ("" if other else "live") if live else "runtime" if other else "build"


def _only_kept(run: Run, live: str, path: str) -> Failed:
    mine, kept = _both(run, live, path)
    folder = os.path.join(live, os.path.dirname(path))
    made = "" if os.path.isdir(folder) else f"mkdir -p {quoted(folder)} && "
    what = f"runtime file {path} is missing in {live}, and {run.runtime} has it"
    return Failed(what, f"{made}cp -p {kept} {mine} # on the host puts it there; or remove the other: rm {kept}")


def _undecided(run: Run, live: str, path: str, why: str) -> Failed:
    mine, kept = _both(run, live, path)
    what = f"runtime file {path} differs between {live} and {run.runtime}, and {why}"
    return Failed(what, f"diff {mine} {kept} # on the host; then use one for both: cp -p {kept} {mine}, or cp -p {mine} {kept}")


def _both(run: Run, live: str, path: str) -> tuple[str, str]:
    return quoted(os.path.join(live, path)), quoted(os.path.join(run.runtime, path))


def is_other(run: Run, release: str, path: str, data: bytes) -> bool:
    """Whether a release has not this content in a runtime file, nor what its build made of it. Raises Failed."""
    folder = os.path.join(run.releases, release)
    if not os.path.lexists(os.path.join(folder, path)):
        return True
    own = content(run, folder, path)
    if own == data:
        return False
    known = (record.read(run, release) or {}).get(path)
    key = record.key(run) if known else b""
    return known is None or known != (record.mac(key, data), record.mac(key, own))
