"""The releases of this host: history against what is on the disk. The only definition of previous, and of what is a release.

A seal is read only where it is asked for: a host may have thousands of releases.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import time
from typing import Any, Iterable, Iterator

from tasks.host import files, history, replayed
from tasks.host.records import Records
from tasks.host.run import Run

STAMP = "%Y%m%dT%H%M%SZ"


def records(run: Run) -> Records:
    """History, replayed; of one that has grown only the new lines are read. Raises Failed."""
    version = history.version(run)
    found = run.records or Records()
    if found.version != version:
        grown = found.version[0] == version[0] and found.version[1] < version[1]
        found = found if grown else replayed.begin(run, version)
        found.replay(history.entries(run, found.version[1], version[1]))
        found.version, run.records = version, found
    return found


def is_name(run: Run, name: str) -> bool:
    """Whether this is the name of a release of this live link, matched whole."""
    return re.fullmatch(re.escape(run.link) + r"-[0-9]{8}T[0-9]{6}Z", name) is not None


def unsealed_mark(run: Run, name: str) -> str:
    """A file that is there from the beginning of a build until its last command has ended: no release.json of it is a seal."""
    return run.place(f"{name}.unsealed")


def seal_of(run: Run, name: str) -> dict[str, Any] | None:
    """The release.json of a complete release, or None: no seal, a spoilt seal, or the seal of another."""
    if os.path.lexists(unsealed_mark(run, name)):
        return None
    try:
        seal = json.loads(files.read(os.path.join(run.releases, name, "release.json")).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return seal if isinstance(seal, dict) and seal.get("name") == name and seal.get("live_link") == run.link else None


def sealed(run: Run, name: str) -> dict[str, Any] | None:
    """The seal of a complete release, a directory of releases_dir with one of our names; None where it is none."""
    place = os.path.join(run.releases, name)
    return seal_of(run, name) if is_name(run, name) and os.path.isdir(place) and not os.path.islink(place) else None


def surely_unsealed(run: Run, name: str) -> bool:
    """A seal that cannot be read, on a failing disk say, is no permission to remove what it seals. Raises Failed."""
    path = os.path.join(run.releases, name, "release.json")
    with files.needed(path):
        try:
            if not os.path.lexists(unsealed_mark(run, name)):
                files.read(path)
        except (FileNotFoundError, NotADirectoryError):
            return True
    return seal_of(run, name) is None


def present(run: Run) -> list[str]:
    """Directories of releases_dir that have one of our names."""
    try:
        with os.scandir(run.releases) as found:
            return [entry.name for entry in found if is_name(run, entry.name) and entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def newest_first(run: Run, names: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Those of the names that are sealed, and their seals: in the order of history, and what history does not know last."""
    known = {name: place for place, name in enumerate(records(run).order)}
    for name in sorted(names, key=lambda name: (known.get(name, -1), name), reverse=True):
        seal = seal_of(run, name)
        if seal:
            yield name, seal


def link_text(run: Run) -> str:
    """What the live link reads, "" where there is none."""
    try:
        return os.readlink(run.live)
    except OSError:
        return ""


def live(run: Run) -> str:
    """The name of the release that the live link points at, "" when it points at none."""
    text = link_text(run)
    folder, name = os.path.split(os.path.normpath(os.path.join(os.path.dirname(run.live), text)))
    same = text and os.path.realpath(folder) == os.path.realpath(run.releases)
    return name if same and is_name(run, name) and os.path.isdir(run.live) else ""


def previous(run: Run) -> str:
    """The newest good release that was live before the live one; "" when there is none."""
    return next(iter(back(run, 1)), "")


def back(run: Run, most: int) -> list[str]:
    """Good releases that were live before the live one, the newest first. Of the first alone the seal is read here."""
    names = iter(records(run).before(live(run)))
    first = next((name for name in names if seal_of(run, name)), "")
    others = (name for name in names if os.path.isfile(os.path.join(run.releases, name, "release.json")))
    return [first, *itertools.islice(others, most - 1)] if first else []


def pending(run: Run) -> bool:
    """Whether services may still run something else than what is live."""
    found, current = records(run), live(run)
    return run.serves and bool(current) and not (found.finished and found.served == current)


def unfinished(run: Run) -> list[str]:
    """Builds that began and were never sealed, ended or not, of which something may be there."""
    found = records(run)
    there = set(found.begun) & set(present(run)) - set(found.order)
    return [name for name in sorted(there | found.open) if is_name(run, name)]


def next_name(run: Run) -> str:
    """The name of a release begun now: later than every name there ever was, whatever the clock says."""
    name = f"{run.link}-{time.strftime(STAMP, time.gmtime())}"
    others = {*files.names(run.releases), *records(run).begun, *records(run).order}
    for taken in sorted((other for other in others if other >= name and is_name(run, other)), reverse=True):
        import datetime  # a clock that was never wrong needs none

        try:
            then = datetime.datetime.strptime(taken[len(run.link) + 1 :], STAMP)
        except ValueError:
            continue  # nobody's time
        if then.year < 9000:  # else made by hand, and after it no name would be left
            return f"{run.link}-{(then + datetime.timedelta(seconds=1)).strftime(STAMP)}"
    return name


def about(run: Run, name: str, live: str, seal: dict[str, Any] | None) -> dict[str, Any]:
    """What is reported of a release, as CONTRACT has it."""
    found, fields = records(run), seal or {}
    state = "live" if name == live else "bad" if name in found.bad else "good"
    texts = {key: fields[key] if isinstance(fields.get(key), str) else None for key in ("ref", "commit", "by", "built_at")}
    why = "live" if name == live else found.bad.get(name) or ("good" if name in found.released else "built")
    return {"name": name, **texts, "released_at": found.released.get(name), "state": state, "why": why}
