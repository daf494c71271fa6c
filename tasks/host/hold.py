"""A hold stops build, release and deploy, for everybody; never the way back."""

from __future__ import annotations

import os

from tasks.host import files, history
from tasks.host.failure import BUSY, Failed
from tasks.host.run import Run, now


def current(run: Run) -> dict[str, str] | None:
    """Who holds releases, since when and why; None when nobody does."""
    path = run.place("hold")
    return dict(zip(("by", "since", "reason"), files.fields(path, 3))) if os.path.exists(path) else None


def refuse(run: Run) -> None:
    """Raises Failed where a hold stops this run."""
    found = current(run) if run.verb in ("build", "release", "deploy") else None
    if found:
        by, since, reason = found["by"] or "somebody", found["since"] or "?", found["reason"] or "no reason was kept"
        next = run.hint("unhold") if by == run.by else f"# ask {by}; {run.hint('unhold')} would end it for everybody"
        raise Failed(f"releases are on hold by {by} since {since}: {reason}", next, code=BUSY)


def place(run: Run, reason: str) -> None:
    """Stop releases, and record it. Raises Failed where somebody else does already."""
    there = current(run)
    if there and there["by"] != run.by:
        what = f"releases are on hold already, by {there['by'] or 'somebody'} since {there['since']}: {there['reason']}"
        raise Failed(what, f"# ask {there['by'] or 'who it is'} whether yours is wanted too", code=BUSY)
    path = run.place("hold.new")
    words = (run.by, now(), " ".join(reason.splitlines()).replace("\t", " "))
    with files.opened(path, files.WRITE_NEW) as file:
        files.write_all(file, ("\t".join(words) + "\n").encode("utf-8", "replace"))
    history.record(run, "hold", {"reason": reason})
    os.rename(path, run.place("hold"))


def lift(run: Run) -> None:
    """Let releases go on, and record it. Raises Failed."""
    if current(run) is None:
        run.report.note("there was no hold")
        return
    history.record(run, "unhold", {})
    os.remove(run.place("hold"))
