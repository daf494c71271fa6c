"""What is live already, be it a directory or a link of an earlier tool, becomes the first release, and is never missing."""

from __future__ import annotations

import errno
import os

from tasks.host import cutover, files, programs, releases, tree
from tasks.host.build.seal import write
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.history import record
from tasks.host.in_use import user_name
from tasks.host.run import Run

RENAME_EXCHANGE, HERE = 2, -100  # of renameat2(2)


def adopt(run: Run) -> None:
    """Seal what is live as a release, moved into releases_dir where it is not there yet. Raises Failed."""
    run.lock.require(run)
    if os.path.islink(run.live):
        _adopt_link(run)
    elif os.path.isdir(run.live):
        _adopt_directory(run, run.live, "directory")
    elif os.path.lexists(run.live):
        raise Failed(f"{run.live} is neither a directory nor a link", f"ls -l {quoted(run.live)} # on the host")


def _adopt_link(run: Run) -> None:
    name = releases.live(run)
    if name:
        return _seal(run, name, "link")
    target = os.path.realpath(run.live)
    if not os.path.isdir(target):
        what = f"{run.live} points at {releases.link_text(run)}, which is not there"
        raise Failed(what, "# point it at a directory, or remove it")
    folder, name = os.path.split(target)
    if folder == os.path.realpath(run.releases) and releases.is_name(run, name):
        _seal(run, name, "link")  # a setup that died after its exchange
        run.release_path = os.path.join(run.releases, name)
    else:
        _adopt_directory(run, target, "link")
    os.rename(cutover.stage(run), run.live)
    return files.flush_directory(run.home)


def _adopt_directory(run: Run, path: str, was: str) -> None:
    """One exchange puts a link in its place and the directory under releases; the path never fails to resolve."""
    _refuse(run, path)
    for name in releases.records(run).adopting:  # a setup that died before its exchange left a link to itself
        place = os.path.join(run.releases, name)
        if releases.is_name(run, name) and os.path.islink(place) and os.readlink(place) == place:
            os.unlink(place)
    run.release = releases.next_name(run)
    run.release_path = os.path.join(run.releases, run.release)
    record(run, "adopting", {"name": run.release, "was": was})
    os.symlink(run.release_path, run.release_path)
    try:
        names = os.fsencode(run.release_path), os.fsencode(path)
        files.system_call("renameat2", HERE, names[0], HERE, names[1], RENAME_EXCHANGE, path=path)
    except BaseException as problem:
        if os.path.islink(run.release_path):
            os.unlink(run.release_path)
        if isinstance(problem, OSError) and problem.errno in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
            raise _by_hand(run, path) from problem
        raise
    files.flush_directory(os.path.dirname(path))
    _seal(run, run.release, was)


def _by_hand(run: Run, path: str) -> Failed:
    """Between the two commands the site is away: a person decides when."""
    there, here = quoted(run.release_path), quoted(path)
    what = f"the filesystem of {path} cannot exchange two names at once, as moving what is live without a gap needs"
    return Failed(what, f"mv -T {here} {there} && ln -s {there} {here} # on the host; then {run.hint('setup')}")


def _refuse(run: Run, path: str) -> None:
    """Raises Failed where one exchange could not move it, something would not survive that, or belongs to another."""
    owner = os.stat(path).st_uid
    if owner != os.geteuid() or not os.access(os.path.dirname(path), os.W_OK):
        what = f"{path} belongs to {user_name(owner)}, not to {run.release_user}"
        raise Failed(what, f"sudo chown -R {run.release_user}: {quoted(path)}")
    if device(path) != device(run.releases):
        what = f"{path} and {run.releases} are on different filesystems"
        raise Failed(what, f"# choose a releases_dir on the filesystem of {path}")
    if programs.run(["mountpoint", "-q", "--", path], seconds=run.step_timeout).code == 0:
        raise Failed(f"{path} is a mountpoint and cannot be renamed", "# choose another live_link")
    if os.path.lexists(os.path.join(path, "release.json")):
        what = f"{path} has a release.json of its own: it may be the release of another environment"
        raise Failed(what, f"# point {run.live} at a release of this one, or give that file another name")
    if f"{run.home}/".startswith(f"{path}/"):
        raise Failed(f"{path} holds the home of {run.release_user}", f"# point {run.live} at the site alone")
    _refuse_links(run, path)


def _refuse_links(run: Run, path: str) -> None:
    closed: list[str] = []
    inside = os.path.realpath(path) + "/"
    for link in (entry.path for entry in tree.walk(path, closed) if entry.is_symlink()):
        text = os.readlink(link)
        if not text.startswith("/") and not os.path.realpath(link).startswith(inside):
            what = f"{link} leads out of the site by a relative path ({text}), and would break when it moves"
            raise Failed(what, f"# make it absolute: ln -sfn TARGET {quoted(link)}")
    for place in closed:
        run.report.warn(f"{place} cannot be read by {run.release_user}: a link in it that leads out of the site may break")


def device(path: str) -> int:
    """The filesystem that a path is on."""
    return os.stat(path).st_dev


def _seal(run: Run, name: str, was: str) -> None:
    if releases.seal_of(run, name):
        return
    write(run, name, {"ref": None, "commit": None, "built_from": None, "size": None, "timings": {}})
    record(run, "adopted", {"name": name, "was": was})
    run.report.note(f"what is live is now the release {name}")
    if releases.records(run).exchanged:
        run.report.event("pending")
