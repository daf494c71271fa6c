"""What the git of a build leaves in repo.git, which its commands share: branches, settings and hooks outlive no build."""

from __future__ import annotations

import contextlib
import os

from tasks.host import files, git, tree
from tasks.host.run import Run

FETCHED = ("refs/remotes/", "refs/tags/")  # forced and pruned by every fetch


def keep_settings(run: Run) -> None:
    """Remember the settings of repo.git as they are before a build. Needs its lock; one that is remembered already is older."""
    if not os.path.lexists(_kept(run)):
        with files.opened(f"{run.repo}/config") as settings:
            tree.clone(settings, _kept(run))


def remove(run: Run) -> None:
    """Remove it, unless another build is at work. Needs the lock of repo.git."""
    if _at_work(run.repo):
        return
    for name in files.names(f"{run.repo}/hooks"):
        tree.remove(f"{run.repo}/hooks/{name}")
    if _has_own_refs(run.repo):
        listed = git.asked(run, git.there(run), "for-each-ref", "--format=%(refname)").output.split(b"\n")
        own = [ref for ref in listed if ref and not os.fsdecode(ref).startswith(FETCHED)]
        git.asked(run, git.there(run), "update-ref", "--stdin", input=b"".join(b"delete " + ref + b"\n" for ref in own))
    with contextlib.suppress(FileNotFoundError):
        if files.read(_kept(run)) == files.read(f"{run.repo}/config"):
            os.unlink(_kept(run))
        else:
            os.rename(_kept(run), f"{run.repo}/config")


def _has_own_refs(repo: str) -> bool:
    """Whether there is a ref that no fetch has brought: most builds make none, and git is not asked then."""
    loose = {*files.names(f"{repo}/refs")} - {"heads", "remotes", "tags"}
    lines = files.text(f"{repo}/packed-refs").split("\n")
    packed = [line for line in lines if line[:1] not in ("#", "^", "") and not line.partition(" ")[2].startswith(FETCHED)]
    return bool(loose or packed or files.names(f"{repo}/refs/heads"))


def _at_work(repo: str) -> bool:
    """Whether a work tree of repo.git is there."""
    trees = files.names(f"{repo}/worktrees")
    return any(os.path.exists(files.text(f"{repo}/worktrees/{name}/gitdir").strip() or "/nonexistent") for name in trees)


def _kept(run: Run) -> str:
    return run.repo + ".config"
