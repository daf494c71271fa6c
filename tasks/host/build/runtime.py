"""Runtime files: what is not in git and must be there to run, copied from the live release into the build."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator

from tasks.host import acl, files, git, globs, tree
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.secrets import values

KINDS = {stat.S_IFREG: "file", stat.S_IFIFO: "FIFO", stat.S_IFSOCK: "socket"}
LARGEST = 1 << 24  # bytes: every value in it is looked for in all that is printed


def source(run: Run) -> str:
    """Where they come from: the live release; while nothing is live, the directory that setup made for them."""
    return os.path.realpath(run.live) if os.path.isdir(run.live) else run.runtime


def expand(folder: str, glob: str) -> list[str]:
    """The files in a directory that a glob of runtime_files means. The seal of a release is never one."""
    return [path for path in globs.matches(folder, glob) if path != "release.json"]


def present(run: Run, folder: str) -> list[str]:
    """The runtime files that are in a directory: their values are masked in what its commands print."""
    return list(dict.fromkeys(path for glob, _ in run.runtime_files for path in expand(folder, glob)))


def check(run: Run) -> None:
    """Every one must be there, and usable, before anything is built."""
    for glob, optional in run.runtime_files:
        check_one(run, glob, optional)


def check_one(run: Run, glob: str, optional: bool) -> None:
    """The files of one entry of runtime_files."""
    folder = source(run)
    found = expand(folder, glob)
    for path in found:
        with _opened(run, folder, path):
            pass
    if not found and not optional:
        what = f"runtime file {glob} is missing in {folder}"
        raise Failed(what, "put it there, or mark it {path: ..., optional: true} in hosts.yml")


def secrets(run: Run) -> set[str]:
    """What nobody may see of the commands' output: the values of the runtime files where they run, before the first has run."""
    if run.secrets is None:
        run.secrets = secrets_in(run, run.work) - committed(run, run.commit)
    return run.secrets


def secrets_in(run: Run, folder: str) -> set[str]:
    """The values of the runtime files in a directory, but those that stand in hosts.yml."""
    texts = (files.text(os.path.join(folder, path), LARGEST) for path in present(run, folder))
    return {value for text in texts if "\0" not in text for value in values(text)} - run.configured


def committed(run: Run, commit: str) -> set[str]:
    """The values in a commit's own .env, beside runtime files: who has the sources knows them."""
    names = sorted({os.path.join(os.path.dirname(glob), ".env") for glob, _ in run.runtime_files})
    shown = (git.call(run, (git.there(run), "show", f"{commit}:{name}")) for name in names) if commit else ()
    return {value for done in shown if not done.code for value in values(files.decoded(done.output))}


def copy(run: Run) -> None:
    """Copy them into the build, with mode (0777 of it), ACL and times. No link is followed."""
    folder = source(run)
    run.built_from = os.path.basename(folder) if os.path.isdir(run.live) else ""
    paths = present(run, folder)
    for path in paths:
        if tree.real(run.build, path) is None:
            raise Failed(f"runtime file {path} leads out of the build", "correct hosts.yml")
    for path in paths:
        with _opened(run, folder, path) as file:
            try:
                _copy(run, file, path)
            except OSError as problem:
                place = problem.filename
                what = f"runtime file {path} cannot be copied: {place}: {problem.strerror}"
                raise Failed(what, f"on the host: namei -l {quoted(place)}; df -h; df -i") from problem


def _copy(run: Run, file: int, path: str) -> None:
    parent, name = os.path.split(path)
    full = os.path.join(run.build, path)
    with tree.folder(run.build, parent, make=True) as at, tree.naming(full):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=at)
        tree.clone(file, name, at)
        with tree.opened(full, name, tree.PLAIN, at) as copied:
            entries = acl.read(file)
            if entries or acl.read(copied):  # a directory gives one to what is made in it
                acl.write(copied, entries or acl.by_mode(os.fstat(file).st_mode))


@contextlib.contextmanager
def _opened(run: Run, folder: str, path: str) -> Iterator[int]:
    """An open runtime file: a regular file of the release user with something in it, reached through no link."""
    full = os.path.join(folder, path)
    try:
        with tree.folder(os.path.realpath(folder), os.path.dirname(path)) as at:
            file = os.open(os.path.basename(path), tree.PLAIN, dir_fd=at)
    except OSError as problem:
        if problem.errno == errno.EACCES:
            next = f"on the host: ls -l {quoted(full)}"
            raise Failed(f"runtime file {full} cannot be read by {run.release_user}", next) from problem
        raise _not_regular(run, full, "reached through no link") from problem
    try:
        about = os.fstat(file)
        if stat.S_ISDIR(about.st_mode):
            raise Failed(f"runtime file {full} is a directory", f"name its files in hosts.yml, such as {full}/*")
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
            kind = KINDS.get(stat.S_IFMT(about.st_mode), "device")
            raise _not_regular(run, full, f"but a {kind} of uid {about.st_uid}")
        if about.st_size > LARGEST:
            size = f"{about.st_size:,} bytes, and {LARGEST:,} at most are taken"
            raise Failed(f"runtime file {full} has {size}", "correct hosts.yml")
        if not about.st_size:
            raise Failed(f"runtime file {full} is empty", "restore it on the host, then type the same again")
        yield file
    finally:
        os.close(file)


def _not_regular(run: Run, full: str, how: str) -> Failed:
    what = f"runtime file {full} is not a regular file of {run.release_user}, {how}: it is at {os.path.realpath(full)}"
    return Failed(what, f"put the file itself there; on the host: namei -l {quoted(full)}")
