"""Persistent links: from the release to directories that outlive it, on EFS say."""

from __future__ import annotations

import os
from collections.abc import Iterable

from tasks.host import files, leads, programs, tree
from tasks.host.failure import Failed
from tasks.host.run import Run, expanded

ANSWER = 10.0  # seconds for a file server to answer; it is asked by another program, for who asks may stand still in the kernel


def check(run: Run, links: Iterable[tuple[str, str, str]]) -> None:
    """Every target must be there and every mountpoint mounted, before anything is built."""
    for path, target, mountpoint in links:
        check_one(run, path, target, mountpoint)


def check_own(run: Run, links: Iterable[tuple[str, str, str]]) -> None:
    """The same before a release that is there goes live: of the links that it has. Raises Failed."""
    for path, target, mountpoint in links:
        place = os.path.join(run.release_path, path)
        if os.path.islink(place) and os.readlink(place) == expanded(target):
            check_one(run, path, target, mountpoint)


def check_one(run: Run, path: str, target: str, mountpoint: str) -> None:
    """The target of one link, which must outlive releases, and what must be mounted for it. Raises Failed."""
    target, mountpoint = expanded(target), expanded(mountpoint)
    if place := leads.into(run, target):
        what = f"persistent link {path}: {target} leads into {place}, where releases come and go"
        raise Failed(what, "# on the host, copy what is there to a directory of its own, and name that in hosts.yml")
    if mountpoint and _asked(mountpoint, "mountpoint", "-q", "--", mountpoint).code:
        what = f"{mountpoint} is not mounted, and {path} is to link to {target}"
        raise Failed(what, f"sudo mount {files.quoted(mountpoint)} # on the host")
    found = _asked(target, "stat", "-L", "--", target)
    if found.code and "No such file" in found.text:
        what = f"{target} does not exist, and {path} is to link to it"
        raise Failed(what, f"mkdir -p {files.quoted(target)} # on the host")
    if found.code:
        what = f"{target} cannot be reached, and {path} is to link to it: {found.text.rpartition(': ')[2]}"
        raise Failed(what, f"namei -l {files.quoted(target)} # on the host")


def make(run: Run, links: Iterable[tuple[str, str, str]]) -> None:
    """Make the links in the build. The text of a link is its target."""
    made: dict[str, str] = {}
    for path, target, _ in links:
        place = tree.real(run.build, path)
        if place is None:
            what = f"persistent link {path}: its directory leads out of the build"
            raise Failed(what, "# correct persistent_links in hosts.yml")
        if made.setdefault(place, path) != path:
            what = f"persistent links {made[place]} and {path} are one place in this commit, {place}"
            raise Failed(what, "# take one of them out of persistent_links in hosts.yml")
        parent, name = os.path.split(place)
        with tree.folder(run.build, parent, make=True) as at:
            _clear(run, path, place)
            os.symlink(expanded(target), name, dir_fd=at)


def _asked(path: str, *words: str) -> programs.Done:
    done = programs.run(words, seconds=ANSWER, env={**programs.inherited(), "LC_ALL": "C"})
    if done.code == programs.TOO_LATE:
        next = f"findmnt --target {files.quoted(path)}; dmesg | tail # on the host; then look at its file server"
        raise Failed(f"{path} has not answered for {ANSWER:g} seconds", next)
    return done


def _clear(run: Run, path: str, place: str) -> None:
    """Remove what stands in the way, if git has it all; anything else would be lost."""
    full = os.path.join(run.build, place)
    if os.path.lexists(full) and not os.path.islink(full):
        committed = {os.path.join(run.build, name) for name in run.checked_out}
        found = [full]
        if os.path.isdir(full):
            found = [entry.path for entry in tree.walk(full) if not entry.is_dir(follow_symlinks=False)]
        lost = [file for file in found if file not in committed]
        if lost:
            what = f"persistent link {path}: a directory with {len(lost)} files that are not in git is in the way"
            next = "# move them to the link's target, or let the build write elsewhere"
            raise Failed(f"{what}, {os.path.relpath(lost[0], run.build)} for one", next)
    tree.remove(full)
