"""What this host reports of itself: what is live, what is there, who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from typing import Any

from tasks.host import files, hold, releases
from tasks.host.failure import Failed
from tasks.host.history import entries, record
from tasks.host.run import Run


def state(run: Run, whole: bool = False) -> dict[str, Any]:
    """What a run is decided by; `whole`: every release too, each of whose seals is read. Raises Failed."""
    live = releases.live(run)
    seal = releases.seal_of(run, live) if live else None
    return {
        "live": releases.about(run, live, seal, live) if live else None,
        "live_is_sealed": bool(seal),
        "live_target": os.path.realpath(run.live) if live else "",
        "previous": releases.previous(run) or None,
        "post_release_pending": releases.pending(run),
        "lock": holder(run),
        "hold": hold.current(run),
        "next": releases.next_name(run),
        "release": _asked(run, live),
        **(_all(run, live) if whole else {}),
    }


def report(run: Run, whole: bool = False) -> None:
    """Report where the live link leads, and the state."""
    run.report.fact("live_path", releases.link_text(run))
    run.report.fact("state", json.dumps(state(run, whole), ensure_ascii=False))


def under_lock(run: Run) -> None:
    """Complete history, and report what the run that has just taken the lock finds. Raises Failed."""
    settle(run)
    report(run)


def settle(run: Run) -> None:
    """Complete history from the live link, after a run that died between its intent and its done line. Raises Failed."""
    intent = releases.records(run).intent
    if not intent:
        return
    if releases.live(run) != intent.get("name"):
        record(run, "abandoned", {"name": intent.get("name", "")})
        return
    wanted = ("run", "by", "verb", "name", "from", "put_back")  # its own, whoever completes it
    record(run, "done", {**{key: intent[key] for key in wanted if key in intent}, "settled": "yes"})


def refuse_unsealed_live(run: Run) -> None:
    """What goes live must have a way back, so what is live must be a release, and the services must run it. Raises Failed."""
    if not os.path.isdir(run.live):
        return
    live = releases.live(run)
    if not live or releases.surely_unsealed(run, live):
        text = releases.link_text(run)
        raise Failed(f"{run.live} points at {text}, which is not a sealed release", run.hint("setup") + " # makes it one")
    if run.verb in ("release", "deploy", "rollback") and releases.records(run).exchanged:
        raise Failed("the services still run from the place that setup has moved", run.hint("post-release"))


def history(run: Run) -> None:
    """Report every line of history."""
    run.report.fact("history", json.dumps(entries(run), ensure_ascii=False))


def log(run: Run, name: str) -> None:
    """Report the log of a build, line by line; without a name, the newest one. Raises Failed."""
    path = run.place("logs", f"{name}.log") if name else _newest_log(run)
    if not os.path.isfile(path):
        raise Failed(f"there is no log {f'of {name} ' if name else ''}on this host", run.hint("releases"))
    run.report.fact("log", path)
    with open(path, "rb") as file:
        for line in file:
            run.report.text(line.rstrip(b"\n").decode("utf-8", "replace"))


def holder(run: Run) -> dict[str, str] | None:
    """Who holds a lock now. Asked of the kernel, for an instant: a starting run waits for the answer."""
    for path in (run.place("lock"), run.place("job.lock")):
        try:
            descriptor = files.open_regular(path)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _signed(path)
        finally:
            os.close(descriptor)
    return None


def _signed(path: str) -> dict[str, str]:
    """Who has signed a lock that is held; whoever has just taken it is about to."""
    for _ in range(20):
        _, by, what, since, *_ = [*files.first_line(path).split("\t"), "", "", "", ""]
        if by:
            break
        time.sleep(0.05)
    return {"by": by, "what": what, "since": since}


def _asked(run: Run, live: str) -> dict[str, Any] | None:
    """The release that the run names; None where it is none, or not a complete one."""
    return (
        releases.about(run, run.release, releases.seal_of(run, run.release), live)
        if releases.sealed(run, run.release)
        else None
    )


def _all(run: Run, live: str) -> dict[str, Any]:
    found = [releases.about(run, name, seal, live) for name, seal in releases.newest_first(run, releases.present(run))]
    there = os.listdir(run.releases) if os.path.isdir(run.releases) else []
    return {"releases": found, "foreign": sorted(set(there) - {release["name"] for release in found})}


def _newest_log(run: Run) -> str:
    """The log that was written last, "" when there is none."""
    try:
        with os.scandir(run.place("logs")) as found:
            logs = [(entry.stat().st_mtime, entry.path) for entry in found if entry.name.endswith(".log")]
    except OSError:
        return ""
    return max(logs)[1] if logs else ""
