"""What goes is renamed into the trash, so that nothing is ever seen half removed; it is deleted when nobody waits for it."""

from __future__ import annotations

import contextlib
import os
import signal

from tasks.host import files, git, programs, tree
from tasks.host.run import Run

LEFT = ".left"  # a file beside what could not be deleted: its name and this
DAY = 86400.0  # seconds
AT_ONCE = 100  # paths for one rm
GC = (
    *("gc.auto=6700", "gc.autoDetach=false", "gc.packRefs=false", "gc.reflogExpire=never", "gc.reflogExpireUnreachable=never"),
    *("gc.writeCommitGraph=false", "gc.pruneExpire=2.weeks.ago"),
    *("pack.threads=1", "pack.windowMemory=64m"),
)
"""Never in the way of a fetch: no ref is locked, nothing younger than two weeks goes."""


def put(run: Run, path: str) -> None:
    """Take a path out of its place by one rename, to a name that nothing has. Raises OSError."""
    folder = run.place("trash")
    os.makedirs(folder, exist_ok=True)
    if not os.path.lexists(path):
        return
    if not os.path.islink(path) and not os.access(path, os.W_OK):
        os.chmod(path, 0o700)  # its ".." is in it, and changes
    os.rename(path, os.path.join(folder, f"{os.path.basename(path)}.{os.urandom(4).hex()}"))


def entries(run: Run) -> list[str]:
    """The paths of what waits to be deleted, without the marks of what could not be."""
    return sorted(entry.path for entry in files.entries(run.place("trash")) if not entry.name.endswith(LEFT))


def later(run: Run, *, tidy: bool = False) -> None:
    """Delete what lies there once the answer was sent and the lock is free; `tidy`: then let git tidy repo.git."""
    if tidy or entries(run):
        run.afterwards = lambda: _afterwards(run, tidy)


def empty(run: Run, patience: float = 0.0) -> None:
    """Delete what lies there, one process at a time: another is waited for so many seconds. Raises OSError."""
    more = True
    while more and os.path.isdir(run.place("trash")):
        with files.opened(run.place("trash"), os.O_RDONLY | os.O_DIRECTORY) as folder:
            if not files.flocked(folder, patience):
                return
            for entry in files.entries(run.place("trash")):  # a person may have removed what could not be deleted
                if entry.name.endswith(LEFT) and not os.path.lexists(entry.path[: -len(LEFT)]):
                    os.unlink(entry.path)
            _delete(entries(run))
        # a run that brought something while the lock was held has found it taken
        more = any(not os.path.exists(path + LEFT) for path in entries(run))


def report(run: Run) -> None:
    """Warn of what nobody but its owner can delete, with what removes it."""
    for path in entries(run):
        if os.path.exists(path + LEFT) or _stuck(path):
            what = f"{run.release_user} cannot delete all of {os.path.basename(path)}, which was removed"
            run.report.warn(f"{what}: sudo rm -rf -- {files.quoted(path)}")


def _afterwards(run: Run, tidy: bool) -> None:
    """From here on this process has nothing of the run that it served, and is in nobody's way."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            with contextlib.suppress(OSError):  # that of the list itself
                os.close(int(name))
    with contextlib.suppress(PermissionError):  # who leads a session or a group is in nobody's way either
        os.setsid()
    os.nice(19)
    empty(run)
    # a build borrows objects, though a fetch of another environment may have removed the branch they were on
    if tidy and not any(files.is_flocked(f"{run.builds}/{name}/job.lock") for name in files.names(run.builds)):
        run.step_timeout, run.build, run.ssh_command = DAY, "", "ssh"
        git.call(run, (*(word for setting in GC for word in ("-c", setting)), git.there(run), "gc", "--auto", "--quiet"))


def _delete(paths: list[str]) -> None:
    """Many at once; what is left then, one by one, and by force."""
    for at in range(0, len(paths), AT_ONCE):
        programs.run(["ionice", "-c", "3", "rm", "-rf", "--", *paths[at : at + AT_ONCE]], seconds=DAY)
    for path in paths:
        if os.path.lexists(path):
            _open_up(path)
            programs.run(["rm", "-rf", "--", path], seconds=DAY)
        if os.path.lexists(path):
            os.close(os.open(path + LEFT, os.O_WRONLY | os.O_CREAT, 0o644))
        elif os.path.exists(path + LEFT):
            os.unlink(path + LEFT)


def _open_up(path: str) -> None:
    """Directories can be emptied then; files keep their modes, for a package cache may have linked them into releases too."""
    folders = [path]
    while folders:
        place = folders.pop()
        with contextlib.suppress(OSError), files.opened(place, tree.PATH) as folder:
            about = os.fstat(folder)
            if about.st_mode & 0o700 != 0o700 and about.st_uid == os.geteuid():
                tree.let_in(folder, about.st_mode)
            folders += _folders(place)


def _stuck(path: str) -> bool:
    """Whether a directory of another user, with something in it, in which this one cannot write, is there."""
    folders = [path] if os.path.isdir(path) and not os.path.islink(path) else []
    while folders:
        place = folders.pop()
        with contextlib.suppress(OSError):  # too deep for a path: the mark of what was left reports it
            about = os.lstat(place)
            if about.st_uid != os.geteuid() and not os.access(place, os.W_OK) and _is_closed_or_full(place):
                return True
            # a link count of 2 means that no directory is in it; where that is not so, the mark reports it
            folders += _folders(place) if about.st_nlink != 2 else []
    return False


def _is_closed_or_full(path: str) -> bool:
    return bool(files.names(path)) or not os.access(path, os.R_OK)


def _folders(path: str) -> list[str]:
    return [entry.path for entry in files.entries(path) if entry.is_dir(follow_symlinks=False)]
