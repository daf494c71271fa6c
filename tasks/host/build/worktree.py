"""The disposable work tree of a commit: made from repo.git, and made independent of it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tasks.host import git, repository, tree
from tasks.host.failure import Failed
from tasks.host.repository_lock import locked
from tasks.host.run import Run

POINTER = b"version https://git-lfs.github.com/spec/v1\n"
LONGEST_POINTER = 1024  # bytes, as LFS has it
ATTRIBUTES = (".gitattributes", "*/.gitattributes")
EVERY_CORE = ("-c", "checkout.workers=0")


def make(run: Run) -> None:
    """Check the commit out at the build directory, submodules and all."""
    with locked(run):
        made = prune(run) and _check_out(run)
    if not made:
        repository.failed(run)
    _refuse_pointers(run)


def detach(run: Run) -> None:
    """Remove every .git of the build, and the record of the work tree in repo.git: the release needs no repository."""
    record = _record(run)
    for path in list(_git_entries(run.build)):
        tree.remove(path)
    if record:
        with locked(run, tidy=False):
            tree.remove(record)
            _remove_empty(os.path.dirname(record))


def _remove_empty(folder: str) -> None:
    """As git does with the last record."""
    try:
        os.rmdir(folder)
    except OSError:
        pass  # another build's record is there


def prune(run: Run) -> bool:
    """Remove the records in repo.git of work trees that are gone. Whether git could; needs the lock of repo.git."""
    try:
        anything = bool(os.listdir(os.path.join(run.repo, "worktrees")))
    except OSError:
        anything = False
    return not anything or git.logged(run, "-C", run.repo, "worktree", "prune")


def _check_out(run: Run) -> bool:
    if not git.logged(run, "-C", run.repo, *EVERY_CORE, "worktree", "add", "--detach", "--force", run.build, run.commit):
        return False
    if not os.path.exists(os.path.join(run.build, ".gitmodules")):
        return True
    return git.logged(run, "-C", run.build, "submodule", "update", "--init", "--recursive")


def _refuse_pointers(run: Run) -> None:
    """A pointer in place of a file means that git-lfs was not there to fetch it."""
    if not _uses_lfs(run):
        return
    first = f"^{POINTER.decode().strip()}$"
    listed = git.asked(run, "-C", run.build, "grep", "-lzI", "--recurse-submodules", "-e", first).output
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    pointers = [name for name in names if _is_pointer(os.path.join(run.build, name))]
    if pointers:
        raise Failed(
            f"{len(pointers)} files are still Git LFS pointers, {pointers[0]} for one",
            f"on the host: sudo apt-get install git-lfs, then as {run.release_user}: git lfs install",
        )


def _uses_lfs(run: Run) -> bool:
    listed = git.asked(run, "-C", run.build, "ls-files", "-z", "--recurse-submodules", "--", *ATTRIBUTES)
    names = [os.fsdecode(name) for name in listed.output.split(b"\0") if name]
    return any(b"lfs" in _content(os.path.join(run.build, name)) for name in names)


def _is_pointer(path: str) -> bool:
    return _content(path).startswith(POINTER) and os.lstat(path).st_size < LONGEST_POINTER


def _content(path: str) -> bytes:
    """The start of a file of the commit; nothing of what a link leads to."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return b""
    with open(descriptor, "rb") as file:
        return file.read(1 << 20)


def _record(run: Run) -> str:
    """The directory in repo.git that knows this work tree; "" where there is none."""
    text = _content(os.path.join(run.build, ".git")).decode("utf-8", "surrogateescape")
    path = text[len("gitdir: ") :].strip() if text.startswith("gitdir: ") else ""
    folder, name = os.path.split(path)
    records = os.path.join(os.path.realpath(run.repo), "worktrees")
    return path if name and os.path.realpath(folder) == records else ""


def _git_entries(folder: str) -> Iterator[str]:
    """Every .git in a directory, at any depth; no link is followed."""
    folders = [folder]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name == ".git":
                    yield entry.path
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
