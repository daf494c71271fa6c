"""A release that is there already goes live with the runtime files that count now, all of them or none; its former ones stay.

In the state directory, `runtime/RELEASE.former-NUMBER` has what was replaced, until the release is pruned.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from tasks.host import cutover, releases
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.runtime import kept, readers, record, staged
from tasks.host.runtime.choice import Choice, choose, is_other
from tasks.host.runtime.files import content, opened

FORWARD, BACK, OWN = "forward", "back", "own"
"""For a release that must have them; for a rollback, which goes on with its target's own; and for those that it had before."""

BAKED = "values that its build baked into its output stay the old ones"


def renew(run: Run, how: str, units: Sequence[str]) -> None:
    """Give the target its runtime files: FORWARD, BACK or OWN. Raises Failed for FORWARD where that cannot be done."""
    run.lock.require(run)
    if how == FORWARD:
        staged.recover(run)
        return _renew(run, choose(run).require(), units)
    try:
        staged.recover(run)
        if how == OWN:
            return _put_back(run)
        chosen = choose(run)
        for refusal in chosen.refusals:
            run.report.warn(f"{run.release} goes live with its own: {refusal.what}")
        return _renew(run, chosen, units, modes=True)
    except Failed as problem:
        why = problem.sentence
    except OSError as problem:
        why = f"{problem.filename or run.state}: {problem.strerror}"
    return run.report.warn(f"{run.release} goes live with the runtime files that it has: {why}")


def _renew(run: Run, chosen: Choice, units: Sequence[str], *, modes: bool = False) -> None:
    """`modes`: a file whose mode or group alone differs is renewed, too."""
    paths = [path for path, folder in chosen.folders.items() if _is_due(run, folder, path, modes)]
    readers.require(run, {path: chosen.folders[path] for path in paths}, units)
    known = record.read(run, run.release)
    new = [path for path in chosen.folders if path in paths or path not in (known or {})]
    macs = {path: record.mac(record.key(run), content(run, chosen.folders[path], path)) for path in new}
    after = {**(known or {}), **{path: (mac, mac) for path, mac in macs.items()}}
    whole = known is not None or not chosen.refusals  # a record in part would make what is undecided look new
    with kept.renewing(run, chosen) as renew_kept, staged.Staged(run, "former") as stage:
        for path in paths:
            with opened(run, chosen.folders[path], path) as file:
                stage.add(path, file)
        renew_kept()
        stage.commit(after if whole and new else known)
    if paths:
        run.report.note(f"runtime files of {run.release} renewed: {', '.join(paths)} ({BAKED})")
        run.report.fact("renewed", "\n".join(paths))


def _is_due(run: Run, folder: str, path: str, modes: bool) -> bool:
    if is_other(run, run.release, path, content(run, folder, path)):
        return True
    if not modes:
        return False
    wanted, own = staged.access(run, folder, path), staged.access(run, run.release_path, path)
    return wanted != (own if readers.can_give(wanted["group"]) else {**own, "group": wanted["group"]})


def _put_back(run: Run) -> None:
    """The newest of the former ones, where there are any: what the last renewal replaced."""
    former = staged.newest(run, run.release)
    if not former:
        return
    with staged.Staged(run, "replaced") as stage:
        paths, known = stage.take(former)
        stage.commit(known)
    run.restored = True
    run.report.note(f"runtime files of {run.release} are its former ones again: {', '.join(paths)}")
    run.report.warn(f"the next release takes them from {run.live} again, unless {run.runtime} has newer ones")


def target(run: Run) -> None:
    """The target of a rollback to the files that it had before. Raises Failed.

    Without a name it is the live release where the rollback to that renewed its files, and has not gone well since; else the
    one before.
    """
    live = releases.live(run)
    former = staged.newest(run, live) if live else ""
    if not run.release:
        run.release = live if former and releases.pending(run) else releases.previous(run)
    run.release_path = os.path.join(run.releases, run.release)
    if run.release and run.release == live and not former:
        raise Failed(f"{live} is live already, with its own runtime files", run.hint("post-release"))
    cutover.target(run)


def named(run: Run, units: Sequence[str]) -> None:
    """Before a release that was asked for by name goes live, or its migrations run: renew its files. Raises Failed."""
    if releases.sealed(run, run.release) and run.release != releases.live(run):
        renew(run, FORWARD, units)
