"""Paths of the release that the pool user of php-fpm may write to, by ACLs: on all that is there, and on what comes later."""

from __future__ import annotations

import os
import pwd
import stat
import struct
from typing import Dict, Set, Tuple

from tasks.shell.lib.build.clone import clone
from tasks.shell.lib.build.tree import everything, inside, named, opened
from tasks.shell.lib.services.pool_users import pool_users
from tasks.shell.lib.wire import emit

USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
NOBODY = 0xFFFFFFFF
ENTRY = struct.Struct("<HHI")
PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Acl = Dict[Tuple[int, int], int]


def acl_of(file: int, kind: str, otherwise: Acl) -> Acl:
    """The `access` or `default` ACL of an open file: rwx bits by tag and id; `otherwise` where it has none."""
    try:
        raw = os.getxattr(file, "system.posix_acl_" + kind)
    except OSError:
        return dict(otherwise)
    return {(tag, who): bits for tag, bits, who in ENTRY.iter_unpack(raw[4:])}


def grant(file: int, kind: str, acl: Acl, users: Set[int], bits: int) -> None:
    """Give users these bits besides what the ACL says, with the mask that lets every entry count."""
    for user in users:
        acl[USER, user] = acl.get((USER, user), 0) | bits
    acl[MASK, NOBODY] = 0
    for (tag, _), each in list(acl.items()):
        acl[MASK, NOBODY] |= each if tag in (USER, GROUP_OBJ, GROUP) else 0
    raw = struct.pack("<I", 2) + b"".join(ENTRY.pack(tag, each, who) for (tag, who), each in sorted(acl.items()))
    os.setxattr(file, "system.posix_acl_" + kind, raw)


class Pools:
    """The users of the pools, besides the release user, who owns the release."""

    def __init__(self, names: Set[str]) -> None:
        known = [pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name) for name in sorted(names)]
        others = [user for user in known if user.pw_uid not in (0, os.geteuid())]
        self.names = ", ".join(user.pw_name for user in others)
        self.groups = {user.pw_uid: os.getgrouplist(user.pw_name, user.pw_gid) for user in others}

    def may(self, about: os.stat_result, bits: int) -> bool:
        """May each of them do this already, by the mode alone?"""
        shifts = (6 if user == about.st_uid else 3 if about.st_gid in groups else 0 for user, groups in self.groups.items())
        return all((about.st_mode >> shift) & bits == bits for shift in shifts)

    def let_in(self, path: str) -> None:
        """A path that is no link, and all below it; no link there is followed. Raises OSError where it cannot be done."""
        for place, name, at, mode in everything(path):
            if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
                self.let_into(place, name, at)

    def let_into(self, place: str, name: str, at: int) -> None:
        with opened(place, name, PLAIN, at) as file, named(place):
            if not stat.S_ISDIR(os.fstat(file).st_mode) and os.fstat(file).st_nlink > 1:
                clone(file, ".writable." + name[:200], at)  # an ACL on a shared inode would reach into a package cache
                os.rename(".writable." + name[:200], name, src_dir_fd=at, dst_dir_fd=at)
            else:
                return self.entitle(file)
        return self.let_into(place, name, at)

    def entitle(self, file: int) -> None:
        about = os.fstat(file)
        folder, users = stat.S_ISDIR(about.st_mode), set(self.groups)
        bits = 7 if folder or about.st_mode & 0o111 else 6
        own = {(USER_OBJ, NOBODY): about.st_mode >> 6 & 7, (GROUP_OBJ, NOBODY): about.st_mode >> 3 & 7}
        own[OTHER, NOBODY] = about.st_mode & 7
        try:
            acl = acl_of(file, "access", own)
            base = {entry: each for entry, each in acl.items() if entry[0] in (USER_OBJ, GROUP_OBJ, OTHER)}
            grant(file, "access", acl, users, bits)
            if folder:
                grant(file, "default", acl_of(file, "default", base), users | {os.geteuid()}, 7)
        except OSError:
            if not self.may(about, bits):
                raise


def places(release: str, paths: Tuple[str, ...]) -> Tuple[Dict[str, str], Dict[str, str]]:
    """Where paths really are, made where there is nothing: those in the release, and those that a link leads elsewhere."""
    roots = {path: os.path.realpath(os.path.join(release, path)) for path in paths}
    ours = {path: root for path, root in roots.items() if inside(root, release)}
    for root in ours.values():
        if not os.path.exists(root):
            os.makedirs(root)
    return ours, {path: root for path, root in roots.items() if path not in ours}


def pools_of(shown: str) -> Pools:
    """Raises ValueError, with why, when the pools' users cannot be learned."""
    try:
        names = pool_users(shown)
        if names:
            return Pools(names)
    except (OSError, ValueError, KeyError) as problem:
        raise ValueError("the users of its pools cannot be learned: %s" % problem) from None
    raise ValueError("no service in hosts.yml is a php-fpm that systemd knows")


def writable(release: str, shown: str, *paths: str) -> None:
    """Make these paths of the release, and let the pool users write to them. `shown`: the units, as systemctl shows them.

    Raises OSError, with the path, where that cannot be done and is not so already.
    """
    ours, elsewhere = places(os.path.realpath(release), paths)
    try:
        pools = pools_of(shown)
    except ValueError as why:
        return emit("warn", "writable: %s left as made, for %s" % (", ".join(paths), why))
    for path, target in elsewhere.items():
        if not os.path.isdir(target) or not pools.may(os.stat(target), 7):
            emit("warn", "writable: %s leads to %s, which is left as it is" % (path, target))
    for root in ours.values() if pools.groups else ():
        pools.let_in(root)
    return print("writable for %s: %s" % (pools.names or "the release user", ", ".join(ours)))
