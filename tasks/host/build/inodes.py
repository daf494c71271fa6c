"""Every file of a release has an inode of its own: what it shares with a package cache, a later build would change in it, too.

A file that has more than one name is copied, or reflinked, and renamed over that name. Content, mode, group, ACL, times stay.
"""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import threading
from collections.abc import Callable, Iterator

from tasks.host import acl, files, releases, threads, tree
from tasks.host.build import room
from tasks.host.failure import Failed
from tasks.host.run import Run

MARK = "own_inodes"
"""In release.json: it was done. Of releases that an earlier version has sealed, a file of the state directory has the names."""
DONE = "own-inodes"
MANY = 50  # releases: of so many the seal is read in each build, more are recorded
LAST_FILE = 5.0  # seconds for the copy at work to end


def own(run: Run) -> None:
    """Part the files of the build, which is in its final place, from all others. Raises Failed where there is no room."""
    _sweep(run)
    if not _part_all(run, run.release_path, threading.Event()):
        raise Failed("files that were being written to could not be copied", "# let no command leave a process behind")


def own_again(run: Run) -> None:
    """The same after migrations, which may have made more. On disk when it ends. Raises Failed or OSError."""
    own(run)
    files.flush_filesystem(run.releases)


def own_earlier(run: Run) -> None:
    """The same for releases that an earlier version of this tool has sealed, once, before a build's commands are run.

    It is done at the lowest priority. What cannot be done is a warning.
    """
    todo, sound = earlier(run)
    if len(sound) > MANY:
        _record(run, sound)
    if not todo:
        return
    _sweep(run)
    for name in todo:
        try:
            done = _quietly(functools.partial(_part_all, run, os.path.join(run.releases, name)))
        except Failed as problem:
            run.report.warn(f"{name} may share files with a package cache: {problem.what}")
        except OSError as problem:
            run.report.warn(f"{name} may share files with a package cache: {problem.filename}: {problem.strerror}")
        else:
            if done:
                _record(run, [name])


def earlier(run: Run) -> tuple[list[str], list[str]]:
    """Sealed releases whose files may not be theirs alone, and those whose seal alone says that they are."""
    known = set(files.text(run.place(DONE)).split("\n"))
    seals = {name: releases.sealed(run, name) for name in sorted(releases.present(run)) if name not in known}
    todo = [name for name, seal in seals.items() if seal and not seal.get(MARK)]
    return todo, [name for name, seal in seals.items() if seal and seal.get(MARK)]


def shared(folder: str, let_in: Callable[[str], None] = lambda _: None) -> Iterator[tuple[str, os.stat_result]]:
    """The files of this user below a directory that have another name: each path there. Nothing of what it may not read.

    `let_in` is called with each directory before it is looked into.
    """
    folders = [folder]
    while folders:
        place = folders.pop()
        let_in(place)
        for entry in files.entries(place):
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                about = entry.stat(follow_symlinks=False)
                if about.st_nlink > 1 and about.st_uid == os.geteuid():
                    yield os.path.relpath(entry.path, folder), about


@contextlib.contextmanager
def _opening() -> Iterator[Callable[[str], None]]:
    """What lets this user into a directory of its own that is closed. At the end each has its mode again. Raises OSError."""
    closed: list[tuple[str, int]] = []

    def let_in(place: str) -> None:
        if not os.access(place, os.R_OK | os.X_OK):
            with files.opened(place, tree.PATH) as folder:
                about = os.fstat(folder)
                if about.st_uid == os.geteuid():
                    closed.append((place, stat.S_IMODE(about.st_mode)))
                    tree.let_in(folder, about.st_mode)

    try:
        yield let_in
    finally:
        for place, mode in reversed(closed):
            with files.opened(place, tree.PATH) as folder:
                os.chmod(f"/proc/self/fd/{folder}", mode)


def _part_all(run: Run, folder: str, stop: threading.Event) -> bool:
    """Whether all have an inode of their own by now. Raises Failed or OSError."""
    with _opening() as let_in:
        return _part_each(run, folder, list(shared(folder, let_in)), stop)


def _part_each(run: Run, folder: str, found: list[tuple[str, os.stat_result]], stop: threading.Event) -> bool:
    if not found:
        return True
    size = sum(about.st_blocks * 512 for _, about in found)
    room.require(run, size, len(found), f"{len(found)} files of {os.path.basename(folder)} that other places share")
    parents: dict[str, list[str]] = {}
    for path, _ in found:
        parents.setdefault(os.path.dirname(path), []).append(os.path.basename(path))
    done = [_part_in(run, folder, parent, names, stop) for parent, names in parents.items()]
    return all(done)


def _part_in(run: Run, folder: str, parent: str, names: list[str], stop: threading.Event) -> bool:
    """The files in one directory, whose mode and times stay."""
    with tree.folder(folder, parent) as at, tree.naming(os.path.join(folder, parent)):
        about = os.fstat(at)
        locked = about.st_mode & 0o700 != 0o700
        if locked:
            os.fchmod(at, stat.S_IMODE(about.st_mode) | 0o700)
        try:
            return all([not stop.is_set() and _part(run, os.path.join(folder, parent, name), name, at) for name in names])
        finally:
            if locked:
                os.fchmod(at, stat.S_IMODE(about.st_mode))
            with contextlib.suppress(PermissionError):  # another user's directory that this one may write to
                os.utime(at, ns=(about.st_atime_ns, about.st_mtime_ns))


def _part(run: Run, full: str, name: str, at: int) -> bool:
    """One file; False where it was written to at the same time, or is another by now."""
    partial = run.place(f"{DONE}.{run.id}")
    with tree.opened(full, name, tree.PLAIN, at) as file:
        before = os.fstat(file)
        if before.st_nlink == 1:
            return True  # its other name was parted from it
        try:
            tree.clone(file, partial)
            with tree.opened(partial, partial, tree.PLAIN) as copied:
                acl.keep(file, copied)
            if _version(os.fstat(file)) == _version(before) == _version(os.stat(name, dir_fd=at, follow_symlinks=False)):
                os.rename(partial, name, dst_dir_fd=at)
                return True
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(partial)
    return False


def _version(about: os.stat_result) -> tuple[int, int, int]:
    return about.st_ino, about.st_size, about.st_mtime_ns


def _quietly(act: Callable[[threading.Event], bool]) -> bool:
    """Act in a thread of its own, at the lowest priority, which Linux gives to each thread: a process cannot take its back."""
    stop, done = threading.Event(), [False]
    problems: list[Exception] = []

    def quiet() -> None:
        os.nice(19)
        try:
            done[0] = act(stop)
        except Exception as problem:
            problems.append(problem)

    thread = threading.Thread(target=quiet)
    threads.start(thread)
    try:
        while thread.is_alive():
            thread.join(1.0)  # signals are heard in between
    finally:
        stop.set()
        thread.join(LAST_FILE)
    for problem in problems:
        raise problem
    return done[0]


def _record(run: Run, names: list[str]) -> None:
    there = set(releases.present(run))
    known = [each for each in files.text(run.place(DONE)).split("\n") if each in there]
    files.replace(run.place(DONE), "\n".join([*known, *names]).encode(), run.id)


def _sweep(run: Run) -> None:
    """Remove the copy at which a run died."""
    for name in files.names(run.state):
        if name.startswith(f"{DONE}."):
            os.unlink(run.place(name))
