"""The cutover: the one way in which the live link ever moves."""

from __future__ import annotations

import os
import re

from tasks.host import files, history, releases, reserve
from tasks.host.failure import Failed
from tasks.host.run import Run, now


def target(run: Run) -> None:
    """What is to go live: a complete release. Raises Failed."""
    run.lock.require(run)
    _require_sealed(run)
    run.report.fact("release", run.release)


def still_live(run: Run) -> None:
    """Before migrations, as before the cutover: the release is complete, and nobody else released since. Raises Failed."""
    run.lock.require(run)
    _require_sealed(run)
    _compare(run)
    run.work = run.release_path


def swap(run: Run) -> None:
    """Intent, one rename over the link, done. Whatever dies between, the next run settles history from the link."""
    run.lock.require(run)
    _require_link(run)
    before = releases.live(run)
    _compare(run)
    run.report.fact("from", before)
    if before == run.release:
        return _stay(run)
    fields = {"name": run.release, "from": before, **({"put_back": run.put_back} if run.put_back else {})}
    history.record(run, "intent", fields)
    link = stage(run)
    try:
        _compare(run)
        if os.readlink(link) != run.release_path:
            raise Failed(f"{link} was changed by somebody else", run.hint("status"))
        os.rename(link, run.live)
    finally:
        if os.path.lexists(link):
            os.unlink(link)
    run.report.event("swapped", run.release, before)
    run.report.fact("live_path", run.release_path)
    files.flush_directory(run.home)
    history.record(run, "done", fields)
    return run.report.fact("at", now())


def _stay(run: Run) -> None:
    """It is live already, with its former runtime files again, say: no link moves, and nothing is marked bad.

    A host that was left out when it went live, and is with the others now, gets it in this run.
    """
    without = run.left_out.get("without", "").split()
    joined = [address for address in releases.records(run).left_out if address not in without]
    if joined and not run.put_back:
        history.record(run, "joined", *({"name": address} for address in joined))
    if run.restored:
        history.record(run, "restored", {"name": run.release})
    run.report.event("swapped", run.release, "")
    run.report.fact("live_path", run.release_path)
    run.report.fact("at", now())


def make_ready(run: Run) -> None:
    """Everything but the rename, on a host that waits for others. Raises Failed, OSError."""
    _require_link(run)
    _compare(run)
    if releases.live(run) != run.release:
        stage(run)
        files.flush_directory(run.home)


def stage(run: Run) -> str:
    """A link that reads as the release, beside the live link and of this run alone: its path. Raises OSError."""
    link = os.path.join(run.home, f".{run.link}.{run.id}")
    if os.path.lexists(link):
        if os.readlink(link) == run.release_path:
            return link
        os.unlink(link)
    files.flush_directory(run.release_path)
    reserve.with_reserve(run, lambda: os.symlink(run.release_path, link))
    return link


def sweep_staged(run: Run) -> None:
    """Remove the links that dead runs staged, and that of an earlier version of this tool. Only with the right to move."""
    for name in os.listdir(run.home):
        owner = re.fullmatch(re.escape(f".{run.link}.") + "(new|[0-9a-f]{12})", name)
        path = os.path.join(run.home, name)
        if owner and owner[1] != run.id and os.path.islink(path):
            os.unlink(path)


def served(run: Run, outcome: str) -> None:
    """Record how post-release went for this release: `ok`, `unhealthy`, `failed` or `unknown`. Raises Failed."""
    run.lock.require(run)
    live = releases.live(run)
    if live != run.release:
        run.report.fact("live_now", live)
        raise Failed(f"another release went live since: {live or 'nothing'}", run.hint("status"))
    history.record(run, "post-release", {"name": run.release, "outcome": outcome})


def _require_sealed(run: Run) -> None:
    """It is a complete release; report of which commit, and how it stands. Raises Failed."""
    seal = releases.sealed(run, run.release)
    if not seal:
        raise Failed(f"{run.release} is not a complete release on this host", run.hint("releases"))
    about = releases.about(run, run.release, releases.live(run), seal)
    for key, name in (("ref", "ref"), ("commit", "commit"), ("standing", "state")):
        run.report.fact(key, about[name] or "")


def _require_link(run: Run) -> None:
    if os.path.lexists(run.live) and not os.path.islink(run.live):
        raise Failed(f"{run.live} is a directory, not the live link", run.hint("setup"))


def _compare(run: Run) -> None:
    """Nobody else released while this run was at work. Raises Failed."""
    text = releases.link_text(run)
    if text != run.expected:
        live, before = (os.path.basename(path) or "nothing" for path in (text, run.expected))
        what = f"another release went live since: {live}, and it was {before} when this run began"
        raise Failed(what, _to_try_again(run))


def _to_try_again(run: Run) -> str:
    """What to type where live has moved: a release that was built stays, for the same verb. A way back is looked at anew."""
    if run.verb not in ("release", "deploy"):
        return run.hint("status")
    return f"{run.hint(run.verb, '--name', run.release)} # {run.release} stays built"
