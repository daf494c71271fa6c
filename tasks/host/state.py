"""What this host reports of itself: what is live, what is there, who holds it."""

from __future__ import annotations

import json
import os
from typing import Any

from tasks.host import files, hold, releases
from tasks.host.failure import Failed
from tasks.host.history import entries, record
from tasks.host.holder import holder
from tasks.host.run import Run

MOST_BACK = 10  # releases that a rollback of several hosts may choose from


def state(run: Run, whole: bool = False) -> dict[str, Any]:
    """What a run is decided by; `whole`: every release too, each of whose seals is read. Raises Failed."""
    live = releases.live(run)
    seal = releases.seal_of(run, live) if live else None
    asked, back = releases.sealed(run, run.release), releases.back(run, MOST_BACK)
    found: dict[str, Any] = {
        "live": releases.about(run, live, live, seal) if live else None,
        "live_is_sealed": bool(seal),
        "live_target": os.path.realpath(run.live) if live else "",
        "previous": next(iter(back), None),
        "back": back,
        "post_release_pending": releases.pending(run),
        "lock": holder(run),
        "hold": hold.current(run),
        "next": releases.next_name(run),
        "left_out": releases.records(run).left_out,
        "moved": releases.records(run).moved,
        "release": releases.about(run, run.release, live, asked) if asked else None,
    }
    if whole:
        there = releases.newest_first(run, releases.present(run))
        found["releases"] = [releases.about(run, name, live, seal) for name, seal in there]
        found["foreign"] = sorted(set(files.names(run.releases)) - {release["name"] for release in found["releases"]})
    return found


def report(run: Run, whole: bool = False) -> None:
    """Report where the live link leads, and the state."""
    run.report.fact("live_path", releases.link_text(run))
    run.report.fact("state", json.dumps(state(run, whole), ensure_ascii=False))


def settle(run: Run) -> None:
    """Complete history from the live link, after a run that died between its intent and its done line. Raises Failed."""
    intent = releases.records(run).intent
    if intent and releases.live(run) == intent.get("name"):
        wanted = ("run", "by", "verb", "name", "from", "put_back")  # its own, also where another run completes it
        record(run, "done", {**{key: intent[key] for key in wanted if key in intent}, "settled": "yes"})
    elif intent:
        record(run, "abandoned", {"name": intent.get("name", "")})


def refuse_unsealed_live(run: Run) -> None:
    """What goes live must have a way back, so what is live must be a release, and the services must run it. Raises Failed."""
    if not os.path.isdir(run.live):
        return
    live = releases.live(run)
    if not live or releases.surely_unsealed(run, live):
        text = releases.link_text(run)
        raise Failed(f"{run.live} points at {text}, which is not a sealed release", run.hint("setup") + " # makes it one")
    if run.serves and run.verb in ("release", "deploy", "rollback") and releases.records(run).exchanged:
        raise Failed("the services still run from the place that setup has moved", run.hint("post-release"))


def history(run: Run) -> None:
    """Report every line of history."""
    run.report.fact("history", json.dumps(entries(run), ensure_ascii=False))


def log(run: Run, name: str) -> None:
    """Report the log of a build, line by line; without a name, the newest one. Raises Failed."""
    logs = [entry for entry in files.entries(run.place("logs")) if entry.name.endswith(".log")]
    newest = max(logs, key=lambda entry: entry.stat().st_mtime, default=None)
    path = run.place("logs", f"{name}.log") if name else newest.path if newest else ""
    if not os.path.isfile(path):
        raise Failed(f"there is no log {f'of {name} ' if name else ''}on this host", run.hint("releases"))
    run.report.fact("log", path)
    with open(path, "rb") as file:
        for line in file:
            run.report.text(line.rstrip(b"\n").decode("utf-8", "replace"))
