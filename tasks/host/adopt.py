"""What is live already, be it a directory or a link of an earlier tool, becomes the first release, and is never missing."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tasks.host import cutover, files, programs, releases
from tasks.host.build.seal import write
from tasks.host.failure import Failed
from tasks.host.history import record
from tasks.host.lock import require
from tasks.host.run import Run

RENAME_EXCHANGE, HERE = 2, -100  # of renameat2(2)


def adopt(run: Run) -> None:
    """Seal what is live as a release, moved into releases_dir where it is not there yet. Raises Failed."""
    require(run)
    if os.path.islink(run.live):
        _adopt_link(run)
    elif os.path.isdir(run.live):
        _adopt_directory(run, run.live, "directory")
    elif os.path.lexists(run.live):
        raise Failed(f"{run.live} is neither a directory nor a link", f"look at it on the host: ls -l {run.live}")


def device(path: str) -> int:
    """The filesystem that a path is on."""
    return os.stat(path).st_dev


def _adopt_link(run: Run) -> None:
    name = releases.live(run)
    if name:
        _seal(run, name, "link")
        return
    target = os.path.realpath(run.live)
    if not os.path.isdir(target):
        what = f"{run.live} points at {releases.link_text(run)}, which is not there"
        raise Failed(what, "point it at a directory, or remove it")
    folder, name = os.path.split(target)
    if folder == os.path.realpath(run.releases) and releases.is_name(run, name):
        _seal(run, name, "link")  # a setup that died after its exchange
        run.release_path = os.path.join(run.releases, name)
    else:
        _adopt_directory(run, target, "link")
    os.rename(cutover.stage(run), run.live)
    files.flush_directory(run.home)


def _adopt_directory(run: Run, path: str, was: str) -> None:
    """One exchange puts a link in its place and the directory under releases; the path never fails to resolve."""
    _refuse_place(run, path)
    _refuse_content(run, path)
    _remove_links_to_themselves(run)
    run.release = releases.next_name(run)
    run.release_path = os.path.join(run.releases, run.release)
    record(run, "adopting", {"name": run.release, "was": was})
    os.symlink(run.release_path, run.release_path)
    try:
        _exchange(run.release_path, path)
    except BaseException:
        if os.path.islink(run.release_path):
            os.unlink(run.release_path)
        raise
    files.flush_directory(os.path.dirname(path))
    _seal(run, run.release, was)


def _remove_links_to_themselves(run: Run) -> None:
    """What a setup left that died before its exchange."""
    for name in releases.records(run).adopting:
        place = os.path.join(run.releases, name)
        if releases.is_name(run, name) and os.path.islink(place) and os.readlink(place) == place:
            os.unlink(place)


def _refuse_place(run: Run, path: str) -> None:
    """Raises Failed where one exchange could not move it."""
    parent = os.path.dirname(path)
    if os.stat(path).st_uid != os.geteuid() or not os.access(parent, os.W_OK):
        raise Failed(
            f"{path} belongs to {_owner(path)}, not to {run.release_user}", f"sudo chown -R {run.release_user}: {path}"
        )
    if device(path) != device(run.releases):
        what = f"{path} and {run.releases} are on different filesystems"
        raise Failed(what, f"choose a releases_dir on the filesystem of {path}")
    if programs.run(["mountpoint", "-q", "--", path], seconds=run.step_timeout).code == 0:
        raise Failed(f"{path} is a mountpoint and cannot be renamed", "choose another live_link")


def _refuse_content(run: Run, path: str) -> None:
    """Raises Failed where something would not survive the move, or belongs to another."""
    if os.path.lexists(os.path.join(path, "release.json")):
        raise Failed(
            f"{path} has a release.json of its own: it may be the release of another environment",
            f"point {run.live} at a release of this one, or give that file another name",
        )
    if f"{run.home}/".startswith(f"{path}/"):
        raise Failed(f"{path} holds the home of {run.release_user}", f"point {run.live} at the site alone")
    inside = os.path.realpath(path) + "/"
    for link in _links(path):
        text = os.readlink(link)
        if not text.startswith("/") and not os.path.realpath(link).startswith(inside):
            raise Failed(
                f"{link} leads out of the site by a relative path ({text}), and would break when it moves",
                f"make it absolute: ln -sfn TARGET {link}",
            )


def _links(folder: str) -> Iterator[str]:
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        if entry.is_symlink():
            yield entry.path
        elif entry.is_dir():
            yield from _links(entry.path)


def _owner(path: str) -> str:
    import pwd

    number = os.stat(path).st_uid
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _exchange(one: str, other: str) -> None:
    """Exchange two names in one step. Raises OSError."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(HERE, os.fsencode(one), HERE, os.fsencode(other), RENAME_EXCHANGE):
        problem = ctypes.get_errno()
        raise OSError(problem, os.strerror(problem), other)


def _seal(run: Run, name: str, was: str) -> None:
    if releases.seal_of(run, name):
        return
    write(run, name, {"ref": None, "commit": None, "built_from": None, "size": None, "timings": {}})
    record(run, "adopted", {"name": name, "was": was})
    run.report.note(f"what is live is now the release {name}")
    if releases.records(run).exchanged:
        run.report.event("pending")
