"""What a user may enter, read and write, from modes, groups and ACLs: asked without being that user, and without sudo."""

from __future__ import annotations

import collections
import contextlib
import grp
import os
import pwd
import struct
from typing import Callable, Deque, FrozenSet, Iterator, List, NamedTuple

READ, WRITE, ENTER = 4, 2, 1
ACL = "system.posix_acl_access"
OWNER, USER, GROUP_OWNER, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
MOST = 4000  # names that are looked at: enough to find what a whole directory has wrong


class Viewer(NamedTuple):
    """A user of this host."""

    name: str
    uid: int
    groups: FrozenSet[int]

    def may(self, path: str, wanted: int) -> bool:
        """May this user do that to what is at a path, given that the way there is open? OSError where nothing is."""
        about = os.stat(path)
        if self.uid == 0:
            return True
        mode = about.st_mode
        entries = [(OWNER, mode >> 6 & 7, 0), (GROUP_OWNER, mode >> 3 & 7, 0), (OTHER, mode & 7, 0)]
        if mode & 0o070:  # with an empty mask the kernel does not look at the ACL
            with contextlib.suppress(OSError, struct.error):
                entries = list(struct.iter_unpack("<HHI", os.getxattr(path, ACL)[4:]))
        return self.granted(entries, about, wanted)

    def granted(self, entries: List[tuple[int, int, int]], about: os.stat_result, wanted: int) -> bool:
        """As acl(5) has it: owner, then users by name, then any group that is one of mine, then the others."""
        mask = next((bits for kind, bits, _ in entries if kind == MASK), 7)
        if self.uid == about.st_uid:
            return any(kind == OWNER and bits & wanted == wanted for kind, bits, _ in entries)
        users = [bits & mask for kind, bits, who in entries if kind == USER and who == self.uid]
        groups = [
            bits & mask
            for kind, bits, who in entries
            if (kind == GROUP_OWNER and about.st_gid in self.groups) or (kind == GROUP and who in self.groups)
        ]
        others = [bits for kind, bits, _ in entries if kind == OTHER]
        return any(bits & wanted == wanted for bits in users or groups or others)


def viewer(name: str, group: str = "") -> Viewer | None:
    """The user of this name with all groups, and one more by name; None where this host has no such user."""
    try:
        about = pwd.getpwnam(name)
    except (KeyError, ValueError):
        return None
    groups = {each.gr_gid for each in grp.getgrall() if name in each.gr_mem or each.gr_name == group}
    return Viewer(name, about.pw_uid, frozenset(groups | {about.pw_gid}))


def way(path: str) -> Iterator[str]:
    """Every name on the way to a path, links followed one by one: what the kernel looks up, last of all what is at the path."""
    names, here, links = steps(path), "/", 0
    while names:
        name = names.pop()
        here = os.path.dirname(here) if name == ".." else os.path.join(here, name)
        yield here
        if os.path.islink(here) and links < 40:
            target, links = os.readlink(here), links + 1
            names += steps(target)
            here = "/" if target.startswith("/") else os.path.dirname(here)


def steps(path: str) -> List[str]:
    """The names of a path, the last one first."""
    return [name for name in path.split("/") if name not in ("", ".")][::-1]


def barrier(who: Viewer, path: str) -> str:
    """The first directory on the way to a path that this user may not go through; "" where the way is open."""
    folders = ["/", *(name for name in way(path) if not os.path.islink(name))]
    at = os.path.realpath(path)
    return next((folder for folder in folders if folder != at and os.path.isdir(folder) and not who.may(folder, ENTER)), "")


def below(top: str, passed_over: Callable[[str], bool]) -> Iterator[os.DirEntry[str]]:
    """What lies below a directory, the nearest first, MOST of it; directories that are links are not gone into."""
    folders: Deque[str] = collections.deque([top])
    seen = 0
    while folders and seen < MOST:
        try:
            entries = sorted(os.scandir(folders.popleft()), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            if passed_over(entry.path):
                continue
            seen += 1
            yield entry
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)


def unreadable(who: Viewer, top: str, passed_over: Callable[[str], bool]) -> List[str]:
    """What this user cannot read of a directory: names that it may not open, and links that lead it nowhere."""
    return [entry.path for entry in below(top, passed_over) if not readable(who, entry)]


def readable(who: Viewer, entry: os.DirEntry[str]) -> bool:
    try:
        if entry.is_symlink() and barrier(who, entry.path):
            return False
        return who.may(entry.path, READ | ENTER if entry.is_dir() else READ)
    except OSError:
        return True  # a link to nothing, or gone meanwhile: nobody could


def unwritable(who: Viewer, top: str) -> List[str]:
    """The directories in which this user cannot make a file, `top` itself first."""
    folders = [top, *(entry.path for entry in below(top, lambda _: False) if entry.is_dir(follow_symlinks=False))]
    return [folder for folder in folders if not who.may(folder, WRITE | ENTER)]
