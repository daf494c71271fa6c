"""The disposable work tree of a commit: it borrows the objects of repo.git, and is made independent of it."""

from __future__ import annotations

import os
import re

from tasks.host import files, git, repository, tree
from tasks.host.build.ref import BRANCHES, TAGS
from tasks.host.failure import Failed
from tasks.host.run import Run

POINTER = b"version https://git-lfs.github.com/spec/v1\n"
LONGEST_POINTER = 1024  # bytes, as LFS has it
EVERY_CORE = ("-c", "checkout.workers=0")
OWN = ((b"bare", b"false"), (b"refstorage", b"files"))  # settings of repo.git that have another value in the build, if any


def make(run: Run) -> None:
    """Check the commit out at the build directory, submodules and all."""
    _begin(run)
    made = git.logged(run, "-C", run.build, *EVERY_CORE, "reset", "--hard", "--no-recurse-submodules")
    if made and os.path.exists(os.path.join(run.build, ".gitmodules")):
        made = git.logged(run, "-C", run.build, "submodule", "update", "--init", "--recursive")
    if not made:
        repository.failed(run)
    run.checked_out = git.names(run, "-C", run.build, "ls-files", "-z", "--recurse-submodules")
    attributes = (name for name in run.checked_out if os.path.basename(name) == ".gitattributes")
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


def _begin(run: Run) -> None:
    """A repository of the build's own, with the settings and refs of repo.git: what the build's git writes, goes with it."""
    refs = git.asked(run, git.there(run), "for-each-ref", "--format=%(objectname) %(refname)", BRANCHES, TAGS)
    if refs.code:
        repository.failed(run)
    place = os.path.join(run.build, ".git")
    for folder in (run.build, place, f"{place}/refs", f"{place}/objects", f"{place}/objects/info"):
        os.mkdir(folder)
    contents = {
        "HEAD": run.commit.encode() + b"\n",
        "packed-refs": refs.output,
        "objects/info/alternates": os.fsencode(f"{run.repo}/objects\n"),
        "config": _settings(run),
    }
    for name, content in contents.items():
        with files.opened(os.path.join(place, name), files.WRITE_NEW) as file:
            files.write_all(file, content)


def _settings(run: Run) -> bytes:
    """Those of repo.git, each once, as git can change them only then; what LFS fetches is kept there for later builds."""
    settings = files.read(f"{run.repo}/config")
    for key, value in OWN:
        settings = re.sub(rb"(?im)((?:^|\])[ \t]*" + key + rb")[ \t]*(?:=.*)?$", rb"\1 = " + value, settings)
    lfs = f"{run.repo}/lfs".replace("\\", "\\\\").replace('"', '\\"')
    return settings if b"[lfs]" in settings else settings + os.fsencode(f'\n[lfs]\n\tstorage = "{lfs}"\n')


def detach(run: Run) -> None:
    """Remove every .git of the build: the release needs no repository."""
    for path in [entry.path for entry in tree.walk(run.build) if entry.name == ".git"]:
        tree.remove(path)


def _content(path: str, most: int = 1 << 20) -> bytes:
    """The start of a file of the commit; nothing of what a link leads to."""
    try:
        with files.opened(path, os.O_RDONLY | os.O_NOFOLLOW) as file:
            return os.read(file, most)
    except OSError:
        return b""
