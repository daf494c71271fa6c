"""From a build that is nobody's yet to a sealed release, and the removal of what never became one."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Sequence

from tasks.host import files, history, releases, reserve, strays, trash, tree
from tasks.host.build import runtime
from tasks.host.build.inodes import MARK
from tasks.host.build.room import measured
from tasks.host.build.seal import SEAL, write
from tasks.host.failure import Failed
from tasks.host.run import Run

JOBS = 8 * 86400  # seconds that the files of a job are there for


def begin(run: Run) -> None:
    """From here on a failure leaves nothing but its log and its line in history. Raises Failed."""
    run.lock.require(run)
    if run.release in releases.unfinished(run):  # of a run that died: a host that is adopted gets a name which others have
        _settle(run, run.release)
    if os.path.lexists(run.release_path) or os.path.lexists(run.build):
        raise Failed(f"{run.release_path} is there already", run.hint("releases"))
    history.record(run, "begin", {"name": run.release, "ref": run.ref})
    with files.opened(releases.unsealed_mark(run, run.release), files.WRITE_NEW, 0o600):
        pass
    run.work = run.build


def preflight(run: Run) -> None:
    """A build can become a release here by one rename. Raises Failed."""
    for folder in (run.state, run.releases, run.home):
        if not os.access(folder, os.W_OK):
            raise Failed(f"{folder} cannot be written to by {run.release_user}", run.hint("check"))
    if os.stat(run.state).st_dev != os.stat(run.releases).st_dev:
        what = f"{run.builds} and {run.releases} are on different filesystems: a build could not be moved in one step"
        raise Failed(what, "# put builds_dir and releases_dir of hosts.yml on one filesystem")


def sweep(run: Run) -> None:
    """Remove what a dead run left: only what its own begin record names, and never a sealed release."""
    for name in releases.unfinished(run):
        if name == run.release:
            continue
        try:
            _settle(run, name)
        except (Failed, OSError) as problem:
            run.report.warn(f"what a dead run left of {name} could not be removed: {problem}")
    for name in os.listdir(run.state):
        place = run.place(name)
        if releases.is_name(run, name) and place != run.build and os.path.isdir(place):
            try:
                _remove(run, place)
            except OSError:
                run.report.warn(f"{place} could not be removed")
    trash.later(run)
    _sweep_jobs(run)
    reserve.keep(run)


def _settle(run: Run, name: str) -> None:
    """The end of a build that died: removed, or a release whose seal history does not know. Raises Failed or OSError."""
    if _discarded(run, name):
        history.record(run, "swept", {"name": name})
        run.report.note(f"removed what a dead run left of {name}")
    else:
        history.record(run, "sealed", {"name": name, "settled": "yes"})


def drop(run: Run, paths: Sequence[str]) -> None:
    """Leave out what is not needed to run. Raises Failed."""
    _refuse_link(run)
    for path in paths:
        place = os.path.join(run.build, path)
        if not os.path.lexists(place):
            continue
        if tree.real(run.build, path) is None:
            raise Failed(f"drop: {path} leads out of the build", "# correct hosts.yml")
        tree.remove(place)


def move(run: Run) -> None:
    """Into its final place by one rename; publish and verify then run where the release will live. Raises Failed."""
    if os.path.lexists(os.path.join(run.build, SEAL)):
        what = f"the build has a {SEAL} of its own, and that is the seal of a release"
        raise Failed(what, "# give that file another name")
    _refuse_link(run)
    os.rename(run.build, run.release_path)
    run.work = run.release_path


def _refuse_link(run: Run) -> None:
    if os.path.islink(run.build):
        what = f"a command has put a link in the place of the build: {os.readlink(run.build)}"
        raise Failed(what, "# correct hosts.yml")


def flush(run: Run) -> None:
    """Put every file of the release on disk, with the record of its runtime files, and measure what it takes at the same time.

    From here on a release.json is the tool's; what a command has put in its place goes. Raises OSError.
    """
    with tree.folder(run.release_path, "") as place:  # a link in its place leads to another's
        tree.remove(f"/proc/self/fd/{place}/{SEAL}")
    tree.remove(releases.unsealed_mark(run, run.release))
    runtime.sealed(run)
    if os.stat(run.state).st_dev != os.stat(run.releases).st_dev:
        files.flush_directory(run.state)  # the mark must not come back, and the flush below is of another filesystem
    run.size = measured(run.release_path, lambda: files.flush_filesystem(run.releases))


def seal(run: Run) -> None:
    """release.json, written last, by rename. From here on it is a release."""
    carried = {} if run.carried is None else {"carried": run.carried}
    fields = {"ref": run.ref, "commit": run.commit, "built_from": run.built_from, "size": run.size, "timings": run.timings}
    write(run, run.release, {**fields, MARK: True, **carried})
    history.record(run, "sealed", {"name": run.release, "ref": run.ref, "commit": run.commit})
    run.report.fact("release", run.release)


def undo(run: Run, code: int) -> None:
    """The end of a build that was not sealed: it is removed, and recorded as failed. Nothing where it was, or never began."""
    if run.release not in releases.records(run).open or not _discarded(run, run.release):
        return
    history.record(
        run,
        "failed",
        {"name": run.release, "step": run.step, "code": str(code), **({"why": run.failure} if run.failure else {})},
    )
    trash.later(run)


def _discarded(run: Run, name: str) -> bool:
    """Remove the build and the unsealed directory of that name. False, and nothing is removed, where it is sealed."""
    build, release = run.place(name), os.path.join(run.releases, name)
    if _is_file(os.path.join(release, SEAL)) and not releases.surely_unsealed(run, name):
        return False
    strays.end(build)
    # it is moved by one rename: while the build is there, what has its name among the releases is another's
    _remove(run, build if os.path.lexists(build) else release)
    if not os.path.lexists(release):
        tree.remove(releases.unsealed_mark(run, name))
    return True


def _is_file(seal: str) -> bool:
    """Whether it may be a seal that the tool has written. True where it cannot be known."""
    with contextlib.suppress(OSError):
        return stat.S_ISREG(os.lstat(seal).st_mode)
    return True


def _remove(run: Run, place: str) -> None:
    try:
        trash.put(run, place)
    except OSError:  # on a filesystem of its own, say
        tree.remove(place)


def _sweep_jobs(run: Run) -> None:
    for entry in files.entries(run.place("jobs")):
        old = entry.stat(follow_symlinks=False).st_mtime < time.time() - JOBS
        if old and entry.is_dir(follow_symlinks=False) and not entry.name.startswith(f"{run.id}-"):
            _remove(run, entry.path)
