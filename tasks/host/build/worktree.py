"""The disposable work tree of a commit: made from repo.git, and made independent of it."""

from __future__ import annotations

import contextlib
import os

from tasks.host import files, git, repository, tree
from tasks.host.build import residue
from tasks.host.failure import Failed
from tasks.host.run import Run

POINTER = b"version https://git-lfs.github.com/spec/v1\n"
LONGEST_POINTER = 1024  # bytes, as LFS has it
ATTRIBUTES = (".gitattributes", "*/.gitattributes")
EVERY_CORE = ("-c", "checkout.workers=0")


def make(run: Run) -> None:
    """Check the commit out at the build directory, submodules and all."""
    with repository.locked(run):
        add = ("worktree", "add", "--detach", "--force", run.build, run.commit)
        made = prune(run)
        residue.remove(run)
        residue.keep_settings(run)
        made = made and git.logged(run, git.there(run), *EVERY_CORE, *add)
        if made and os.path.exists(os.path.join(run.build, ".gitmodules")):
            made = git.logged(run, "-C", run.build, "submodule", "update", "--init", "--recursive")
    if not made:
        repository.failed(run)
    attributes = git.names(run, "-C", run.build, "ls-files", "-z", "--recurse-submodules", "--", *ATTRIBUTES)
    if not any(b"lfs" in _content(os.path.join(run.build, name)) for name in attributes):
        return
    # a pointer in place of a file means that git-lfs was not there to fetch it
    first = f"^{POINTER.decode().strip()}$"
    names = git.names(run, "-C", run.build, "grep", "-lzI", "--recurse-submodules", "-e", first)
    contents = ((name, _content(os.path.join(run.build, name), LONGEST_POINTER)) for name in names)
    pointers = [name for name, content in contents if content.startswith(POINTER) and len(content) < LONGEST_POINTER]
    if pointers:
        what = f"{len(pointers)} files are still Git LFS pointers, {pointers[0]} for one"
        raise Failed(what, f"sudo apt-get install git-lfs # on the host; then, as {run.release_user}: git lfs install")


def detach(run: Run) -> None:
    """Remove every .git of the build, and the record of the work tree in repo.git: the release needs no repository."""
    text = _content(os.path.join(run.build, ".git")).decode("utf-8", "surrogateescape")
    folder, name = os.path.split(text[len("gitdir: ") :].strip() if text.startswith("gitdir: ") else "")
    for path in [entry.path for entry in tree.walk(run.build) if entry.name == ".git"]:
        tree.remove(path)
    if name and os.path.realpath(folder) == os.path.join(os.path.realpath(run.repo), "worktrees"):
        with repository.locked(run, tidy=False):
            tree.remove(os.path.join(folder, name))
            with contextlib.suppress(OSError):  # another build's record is there
                os.rmdir(folder)  # as git does with the last record
            residue.remove(run)


def prune(run: Run) -> bool:
    """Remove the records in repo.git of work trees that are gone. Whether git could; needs the lock of repo.git."""
    records = files.names(os.path.join(run.repo, "worktrees"))
    return not records or git.logged(run, git.there(run), "worktree", "prune")


def _content(path: str, most: int = 1 << 20) -> bytes:
    """The start of a file of the commit; nothing of what a link leads to."""
    try:
        with files.opened(path, os.O_RDONLY | os.O_NOFOLLOW) as file:
            return os.read(file, most)
    except OSError:
        return b""
