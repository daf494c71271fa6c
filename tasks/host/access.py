"""What a user may enter, read and write, from modes, groups and ACLs: found without being that user, and without sudo."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
from collections.abc import Callable, Iterator

from tasks.host import acl
from tasks.host.leads import way

READ, WRITE, ENTER = 4, 2, 1
MOST = 4000  # names that are looked at: enough to find what a whole directory has wrong


class Viewer:
    """A user of this host, by its name, with its uid and the gids of all its groups."""

    def __init__(self, name: str, uid: int, groups: frozenset[int]) -> None:
        self.name, self.uid, self.groups = name, uid, groups

    def may(self, path: str, wanted: int) -> bool:
        """May this user do that to what is at a path, given that the way there is open? OSError where nothing is."""
        about = os.stat(path)
        found = acl.read(path) if about.st_mode & 0o070 else None  # with an empty mask the kernel does not look at the ACL
        entries = found or acl.by_mode(about.st_mode)
        return self.uid == 0 or acl.may(entries, about, about.st_gid, self.uid, self.groups, wanted)


def viewer(name: str, group: str = "") -> Viewer | None:
    """The user of this name with all groups, and one more by name; None where this host has no such user."""
    try:
        about = pwd.getpwnam(name)
    except (KeyError, ValueError):
        return None
    groups = {each.gr_gid for each in grp.getgrall() if name in each.gr_mem or each.gr_name == group}
    return Viewer(name, about.pw_uid, frozenset(groups | {about.pw_gid}))


def barrier(who: Viewer, path: str) -> str:
    """The first directory on the way to a path that this user may not go through; "" where the way is open."""
    folders = ["/", *(name for name in way(path) if not os.path.islink(name))]
    end = os.path.realpath(path)
    return next((folder for folder in folders if folder != end and os.path.isdir(folder) and not who.may(folder, ENTER)), "")


def below(top: str, passed_over: Callable[[str], bool]) -> Iterator[os.DirEntry[str]]:
    """What lies below a directory, the nearest first, MOST of it; directories that are links are not entered."""
    folders, seen = [top], 0
    while folders and seen < MOST:
        try:
            found = sorted(os.scandir(folders.pop(0)), key=lambda entry: entry.name)
        except OSError:
            continue
        entries = [entry for entry in found if not passed_over(entry.path)]
        yield from entries
        seen += len(entries)
        folders += [entry.path for entry in entries if entry.is_dir(follow_symlinks=False)]


def unreadable(who: Viewer, top: str, passed_over: Callable[[str], bool]) -> list[str]:
    """What this user cannot read of a directory: names that it may not open, and links with a closed way."""
    found = []
    for entry in below(top, passed_over):
        with contextlib.suppress(OSError):  # a link to nothing is nobody's fault
            way_is_closed = entry.is_symlink() and barrier(who, entry.path)
            if way_is_closed or not who.may(entry.path, READ | ENTER if entry.is_dir() else READ):
                found.append(entry.path)
    return found


def unwritable(who: Viewer, top: str) -> list[str]:
    """The directories in which this user cannot make a file, `top` itself first."""
    folders = [top, *(entry.path for entry in below(top, lambda _: False) if entry.is_dir(follow_symlinks=False))]
    return [folder for folder in folders if not who.may(folder, WRITE | ENTER)]
