"""Runtime files where they lie: what a glob means, and each opened as what it must be."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator

from tasks.host import acl, globs, tree
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run

KINDS = {stat.S_IFREG: "file", stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket"}
LARGEST = 1 << 24  # bytes: every value in it is looked for in all that is printed
FORMER = re.compile(r"\.before-[0-9]{8}T[0-9]{6}Z[-.\w]*\Z")  # a copy that was renewed since


def source(run: Run) -> str:
    """The live release; while nothing is live, the directory that setup made for them."""
    return os.path.realpath(run.live) if os.path.isdir(run.live) else run.runtime


def expand(folder: str, glob: str) -> list[str]:
    """The files in a directory that a glob of runtime_files means. The seal of a release is never one, nor a former copy."""
    return [path for path in globs.matches(folder, glob) if path != "release.json" and not FORMER.search(path)]


def present(run: Run, folder: str) -> list[str]:
    """The runtime files that are in a directory: their values are masked in what its commands print."""
    return list(dict.fromkeys(path for glob, _ in run.runtime_files for path in expand(folder, glob)))


def content(run: Run, folder: str, path: str) -> bytes:
    """What is in a runtime file. Raises Failed where it is not what it must be."""
    with opened(run, folder, path) as file:
        return os.pread(file, LARGEST, 0)


def duplicate(file: int, name: str, at: int) -> None:
    """Make `name`, which must not be there, in the directory `at`: content, group, mode (0777 of it), ACL and times."""
    tree.clone(file, name, at)
    with tree.opened(name, name, tree.PLAIN, at) as copied:
        acl.keep(file, copied)


@contextlib.contextmanager
def opened(run: Run, folder: str, path: str) -> Iterator[int]:
    """An open runtime file: a regular file of the release user with something in it, reached through no link. Raises Failed."""
    full = os.path.join(folder, path)
    try:
        with tree.folder(os.path.realpath(folder), os.path.dirname(path)) as at:
            shared = bool(os.fstat(at).st_mode & 0o022)
            file = os.open(os.path.basename(path), tree.PLAIN, dir_fd=at)
    except OSError as problem:
        if problem.errno == errno.EACCES:
            next = f"ls -l {quoted(full)} # on the host"
            raise Failed(f"runtime file {full} cannot be read by {run.release_user}", next) from problem
        raise _not_regular(run, full, "reached through no link") from problem
    try:
        _require(run, folder, path, os.fstat(file), shared)
        yield file
    finally:
        os.close(file)


def _require(run: Run, folder: str, path: str, about: os.stat_result, shared: bool) -> None:
    """`shared`: others can write to its directory, and could have given a file from elsewhere this name."""
    full = os.path.join(folder, path)
    if stat.S_ISDIR(about.st_mode):
        what = f"runtime file {full} is a directory"
        raise Failed(what, f"# put a file there in its place, or name the files in it in hosts.yml, such as {path}/*")
    if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
        kind = KINDS.get(stat.S_IFMT(about.st_mode), "device")
        raise _not_regular(run, full, f"but a {kind} of uid {about.st_uid}")
    if shared and about.st_nlink > 1:
        raise _not_regular(run, full, f"with no other name: it has {about.st_nlink}, and others can write to its directory")
    if about.st_size > LARGEST:
        size = f"{about.st_size:,} bytes, and {LARGEST:,} at most are taken"
        raise Failed(f"runtime file {full} has {size}", "# correct hosts.yml")
    if not about.st_size:
        raise Failed(f"runtime file {full} is empty", "# restore it on the host, then type the same again")


def _not_regular(run: Run, full: str, how: str) -> Failed:
    what = f"runtime file {full} is not a regular file of {run.release_user}, {how}: it is at {os.path.realpath(full)}"
    return Failed(what, f"namei -l {quoted(full)} # on the host; then put the file itself there")
