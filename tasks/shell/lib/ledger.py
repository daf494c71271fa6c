"""What the host knows of its releases: history, replayed, against what is there. The only definition of previous."""

from __future__ import annotations

import datetime
import fcntl
import json
import os
import time
from typing import Any

from tasks.shell.lib.history import LINK, LIVE, NAME, RELEASES, STATE, entries, file_at


def seal_of(name: str) -> dict[str, Any] | None:
    """The release.json of a complete release, or None: no seal, a spoilt seal, or the seal of another."""
    try:
        with file_at(os.path.join(RELEASES, name, "release.json")) as file:
            seal = json.load(file)
    except (OSError, ValueError, RecursionError):
        return None
    return seal if isinstance(seal, dict) and seal.get("name") == name and seal.get("live_link") == LINK else None


def present() -> list[str]:
    """Directories of releases_dir that have one of our names, matched whole."""
    try:
        with os.scandir(RELEASES) as found:
            return [entry.name for entry in found if NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def live() -> str:
    """The name of the release that the live link points at, "" when it points at none."""
    try:
        folder, name = os.path.split(os.path.normpath(os.path.join(os.path.dirname(LIVE), os.readlink(LIVE))))
    except OSError:
        return ""
    same = os.path.realpath(folder) == os.path.realpath(RELEASES)
    return name if same and NAME.fullmatch(name) and os.path.isdir(LIVE) else ""


class Ledger:
    """History, replayed: what was sealed in which order, what was live before what, and what turned out bad."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.stack: list[str] = []
        self.bad: set[str] = set()
        self.released: dict[str, str] = {}
        self.begun: list[str] = []
        self.open: dict[str, dict[str, Any]] = {}
        self.intent: dict[str, Any] | None = None
        self.adopting: dict[str, str] = {}
        self.served, self.finished, self.exchanged = "", True, False
        replay = {
            "begin": self.on_begin,
            "failed": self.on_ended,
            "swept": self.on_ended,
            "sealed": self.on_sealed,
            "adopting": self.on_adopting,
            "adopted": self.on_adopted,
            "intent": self.on_intent,
            "abandoned": self.on_abandoned,
            "done": self.on_done,
            "post-release": self.on_post_release,
        }
        for entry in entries():
            if entry["event"] in replay:
                replay[entry["event"]](entry.get("name", ""), entry)

    def on_begin(self, name: str, entry: dict[str, Any]) -> None:
        self.open[name] = entry
        self.begun.append(name)

    def on_ended(self, name: str, _: dict[str, Any]) -> None:
        self.open.pop(name, None)

    def on_sealed(self, name: str, _: dict[str, Any]) -> None:
        self.open.pop(name, None)
        self.order.append(name)

    def on_adopting(self, name: str, entry: dict[str, Any]) -> None:
        self.adopting[name] = entry.get("was", "")

    def on_adopted(self, name: str, entry: dict[str, Any]) -> None:
        self.order.append(name)
        self.stack.append(name)
        self.released[name] = entry.get("at", "")
        self.exchanged = self.adopting.get(name, entry.get("was")) == "directory"
        self.finished = not self.exchanged
        self.served = self.served if self.exchanged else name

    def on_intent(self, _: str, entry: dict[str, Any]) -> None:
        self.intent = entry

    def on_abandoned(self, *_: object) -> None:
        self.intent = None

    def on_done(self, name: str, entry: dict[str, Any]) -> None:
        self.intent, self.finished = None, False
        self.released[name] = entry.get("at", "")
        origin = entry.get("from", "")
        if origin and self.stack[-1:] != [origin]:
            self.stack.append(origin)  # somebody had moved the link by hand
        if entry.get("verb") == "rollback" or entry.get("put_back"):
            self.bad.add(origin)
            while name in self.stack and self.stack[-1] != name:
                self.stack.pop()
        else:
            self.bad.discard(name)
        if self.stack[-1:] != [name]:
            self.stack.append(name)

    def on_post_release(self, name: str, entry: dict[str, Any]) -> None:
        if entry.get("outcome") in ("ok", "unhealthy"):
            self.exchanged = False  # the services have followed, whatever the site then said
        if entry.get("outcome") == "ok":
            self.served, self.finished = name, True

    def previous(self) -> str:
        """The newest good release that was live before the live one; "" when there is none."""
        current, before = live(), list(reversed(self.stack))
        if current in before:
            before = before[before.index(current) + 1 :]
        return next((name for name in before if name != current and name not in self.bad and seal_of(name)), "")

    def pending(self) -> bool:
        return bool(live()) and not (self.finished and self.served == live())

    def sealed(self) -> list[str]:
        """Sealed releases, newest first: in the order of history, and what history does not know last."""
        known = {name: place for place, name in enumerate(self.order)}
        return sorted(filter(seal_of, present()), key=lambda name: (known.get(name, -1), name), reverse=True)


def next_name(names: list[str]) -> str:
    """The name of a release begun now: later than every name there ever was, whatever the clock says."""
    stamp = datetime.datetime(*time.gmtime()[:6])
    for name in filter(NAME.fullmatch, names):
        try:
            taken = datetime.datetime.strptime(name[len(LINK) + 1 :], "%Y%m%dT%H%M%SZ")
            if taken.year < 9000:  # else some hand's, and after it no name would be left
                stamp = max(stamp, taken + datetime.timedelta(seconds=1))
        except ValueError:
            continue  # nobody's time
    return "%s-%s" % (LINK, stamp.strftime("%Y%m%dT%H%M%SZ"))


def release(ledger: Ledger, name: str) -> dict[str, Any]:
    seal = seal_of(name) or {}
    standing = "live" if name == live() else "bad" if name in ledger.bad else "good"
    about = {key: seal[key] if isinstance(seal.get(key), str) else None for key in ("ref", "commit", "by", "built_at")}
    return {"name": name, **about, "released_at": ledger.released.get(name), "state": standing}


def signature(path: str) -> list[str] | None:
    try:
        with file_at(path) as file:
            return file.readline().decode("utf-8", "replace").rstrip("\n").split("\t") + [""] * 4
    except OSError:
        return None


def signed(path: str) -> dict[str, str]:
    """Who has signed a lock that is held; whoever has just taken it is about to."""
    for _ in range(20):
        _, by, what, since, *_ = signature(path) or [""] * 4
        if by:
            break
        time.sleep(0.05)
    return {"by": by, "what": what, "since": since}


def holder() -> dict[str, str] | None:
    """Who holds the lock now. Asked of the kernel, for an instant: a starting run waits for the answer."""
    for path in (os.path.join(STATE, "lock"), os.path.join(STATE, "job.lock")):
        try:
            with file_at(path) as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return signed(path)
        except OSError:
            continue
    return None


def hold() -> dict[str, str] | None:
    words = signature(os.path.join(STATE, "hold"))
    return {"by": words[0], "reason": words[2], "since": words[1]} if words else None


def state() -> dict[str, Any]:
    ledger = Ledger()
    sealed = ledger.sealed()
    names = [*os.listdir(RELEASES), *ledger.begun, *ledger.order] if os.path.isdir(RELEASES) else []
    return {
        "live": release(ledger, live()) if live() else None,
        "live_is_sealed": bool(seal_of(live())) if live() else False,
        "live_target": os.path.realpath(LIVE) if live() else "",
        "previous": ledger.previous() or None,
        "releases": [release(ledger, name) for name in sealed],
        "post_release_pending": ledger.pending(),
        "lock": holder(),
        "hold": hold(),
        "next": next_name(names),
        "foreign": sorted(set(os.listdir(RELEASES)) - set(sealed)) if os.path.isdir(RELEASES) else [],
    }
