"""Old releases go, but for those that somebody uses."""

from __future__ import annotations

import os
import time
from typing import AbstractSet, Sequence

from tasks.host import files, history, in_use, linked, releases, replayed, trash
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.runtime import record

LOGS = 91 * 86400  # seconds that the log of a build is there for


def prune(run: Run, keep: int, used: Sequence[Sequence[str]], links: Sequence[str]) -> None:
    """Remove the oldest releases beyond `keep`, never what is live, previous, last served, in use or linked to.

    `used`: names of releases, and the process that uses each; `links`: paths of persistent links. Raises Failed when one could
    not be removed.
    """
    run.lock.require(run)
    safe = {releases.live(run), releases.previous(run), releases.records(run).served}
    excess = _excess(run, keep, safe)
    users = in_use.find(run, os.path.realpath(run.releases)) if excess else {}
    users.update((name, process) for name, process in used)
    led_into = linked.kept(run, links) if excess else {}
    for name in filter(led_into.__contains__, excess):
        run.report.note(f"{name} is kept: {led_into[name]} leads into it")
    gone, stuck = _put_away(run, [name for name in excess if name not in led_into], users)
    if gone:
        history.record(run, "pruned", *({"name": name} for name in gone))
    for entry in files.entries(run.place("logs")):
        if entry.name.endswith(".log") and entry.stat(follow_symlinks=False).st_mtime < time.time() - LOGS:
            os.unlink(entry.path)
    record.forget(run)
    replayed.keep(run, releases.records(run))
    trash.report(run)
    trash.later(run, tidy=True)
    if stuck:
        raise Failed(f"not pruned: {', '.join(stuck)}", run.hint("prune"))


def would_go(run: Run, keep: int, links: Sequence[str] = ()) -> None:
    """Report what is too many once another release is live, with what is live now as its previous."""
    gone = _excess(run, keep - 1, {releases.live(run), releases.records(run).served})
    led_into = linked.kept(run, links) if gone else {}
    run.report.fact("prune", "\n".join(name for name in gone if name not in led_into))


def _excess(run: Run, keep: int, safe: AbstractSet[str]) -> list[str]:
    """Beyond the newest `keep`, the newest first: what is not safe, and nothing that history does not know."""
    there = releases.present(run)
    if len(there) <= keep:
        return []  # and no seal is read
    known = set(releases.records(run).order) - safe
    return [name for name, _ in list(releases.newest_first(run, there))[keep:] if name in known]


def _put_away(run: Run, names: list[str], users: dict[str, str]) -> tuple[list[str], list[str]]:
    """Those that are gone, and those that cannot be renamed."""
    gone, stuck = [], []
    for name in names:
        place = os.path.join(run.releases, name)
        if name in users:
            run.report.note(f"{name} is kept: {users[name]} uses it")
            continue
        try:
            trash.put(run, place)
        except OSError as problem:
            run.report.warn(f"{name} could not be pruned: {problem.strerror}: sudo rm -rf -- {files.quoted(place)}")
            stuck.append(name)
        else:
            run.report.note(f"pruned {name}")
            gone.append(name)
    return gone, stuck
