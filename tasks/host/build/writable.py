"""Paths of the release that the pool user of php-fpm may write to, by ACLs: on all that is there, and on what comes later."""

from __future__ import annotations

import functools
import operator
import os
import pwd
import stat
from collections.abc import Sequence

from tasks.host import acl, programs
from tasks.host.acl import GROUP, GROUP_OBJ, MASK, NOBODY, OTHER, USER, USER_OBJ
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.runtime.files import present
from tasks.host.services.units import pool_users
from tasks.host.tree import PLAIN, clone, everything, inside, naming, opened

SHOWN = 20.0  # seconds for systemctl to answer
ALL, READ_WRITE = 7, 6


def make(run: Run, units: Sequence[str], paths: Sequence[str]) -> None:
    """Make these paths of the release, and let the users of the pools of those units that are a php-fpm write to them."""
    try:
        ours, elsewhere = _places(os.path.realpath(run.release_path), paths)
        _refuse_runtime_files(run, ours)
        pools = _pools(units)
        for path, target in elsewhere.items():
            if not os.path.isdir(target) or not pools.may(os.stat(target), ALL):
                run.report.warn(f"writable: {path} leads to {target}, which is left as it is")
        for root in ours.values():
            pools.grant(root)
        run.log.write(f"writable for {pools.names or 'the release user'}: {', '.join(ours)}\n".encode())
    except ValueError as why:
        run.report.warn(f"writable: {', '.join(paths)} left as made, for {why}")
    except OSError as problem:
        path = problem.filename
        next = f"ls -ld {quoted(path)} # on the host; the release user must own it, and its filesystem must have ACLs"
        raise Failed(f"{path} cannot be made writable for the pool user of php-fpm: {problem.strerror}", next) from problem


def _places(release: str, paths: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Where paths really are, made where there is nothing: those in the release, and those that a link leads elsewhere."""
    roots = {path: os.path.realpath(os.path.join(release, path)) for path in paths}
    ours = {path: root for path, root in roots.items() if inside(root, release)}
    for root in ours.values():
        if not os.path.exists(root):
            os.makedirs(root)
    return ours, {path: root for path, root in roots.items() if path not in ours}


def _refuse_runtime_files(run: Run, ours: dict[str, str]) -> None:
    """By a link of the commit's, one may lie in such a place. The next build would copy what php-fpm has made of it."""
    for file in present(run, run.release_path):
        for path, root in ours.items():
            if inside(os.path.join(run.release_path, file), root):
                what = f"writable: {path} leads to {root}, where the runtime file {file} lies: php-fpm could change it"
                raise Failed(what, "# put the file, or what is writable, elsewhere, and correct hosts.yml")


def _pools(units: Sequence[str]) -> Pools:
    """Raises ValueError, with why, when the pools' users cannot be learned."""
    words = ["systemctl", "show", "--property=Id,User,MainPID,ExecStart", "--", *units]
    try:
        names = pool_users(programs.run(words, seconds=SHOWN).text) if units else set()
        if names:
            return Pools(names)
    except (OSError, ValueError, KeyError) as problem:
        raise ValueError(f"the users of its pools cannot be learned: {problem}") from None
    raise ValueError("no service in hosts.yml is a php-fpm that systemd knows")


class Pools:
    """The users of the pools, besides the release user, who owns the release. Raises KeyError for one that is unknown here."""

    def __init__(self, names: set[str]) -> None:
        known = [pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name) for name in sorted(names)]
        others = [user for user in known if user.pw_uid not in (0, os.geteuid())]
        self.names = ", ".join(user.pw_name for user in others)
        self.groups = {user.pw_uid: os.getgrouplist(user.pw_name, user.pw_gid) for user in others}

    def may(self, about: os.stat_result, bits: int) -> bool:
        """May each of them do this already, by the mode alone?"""
        shifts = (6 if user == about.st_uid else 3 if about.st_gid in groups else 0 for user, groups in self.groups.items())
        return all((about.st_mode >> shift) & bits == bits for shift in shifts)

    def grant(self, path: str) -> None:
        """A path that is no link, and all below it; no link there is followed. Raises OSError where it cannot be done."""
        for place, name, at, mode in everything(path) if self.groups else ():
            if stat.S_ISDIR(mode) or stat.S_ISREG(mode):
                self._grant_one(place, name, at)

    def _grant_one(self, place: str, name: str, at: int) -> None:
        with opened(place, name, PLAIN, at) as file, naming(place):
            if stat.S_ISDIR(os.fstat(file).st_mode) or os.fstat(file).st_nlink == 1:
                return self._set_acl(file)
            clone(file, f".writable.{name[:200]}", at)  # an ACL on a shared inode would reach into a package cache
            os.rename(f".writable.{name[:200]}", name, src_dir_fd=at, dst_dir_fd=at)
        return self._grant_one(place, name, at)

    def _set_acl(self, file: int) -> None:
        about = os.fstat(file)
        folder, users = stat.S_ISDIR(about.st_mode), set(self.groups)
        bits = ALL if folder or about.st_mode & 0o111 else READ_WRITE
        try:
            access = acl.read(file) or acl.by_mode(about.st_mode)
            base = {entry: each for entry, each in access.items() if entry[0] in (USER_OBJ, GROUP_OBJ, OTHER)}
            acl.write(file, _granted(access, users, bits))
            if folder:
                acl.write(file, _granted(acl.read(file, "default") or base, users | {os.geteuid()}, ALL), "default")
        except OSError:
            if not self.may(about, bits):
                raise


def _granted(entries: dict[tuple[int, int], int], users: set[int], bits: int) -> dict[tuple[int, int], int]:
    """An ACL that gives users these bits besides what it gives already, with the mask that lets every entry count."""
    granted = {**entries, **{(USER, user): entries.get((USER, user), 0) | bits for user in users}}
    masked = [each for (tag, _), each in granted.items() if tag in (USER, GROUP_OBJ, GROUP)]
    return {**granted, (MASK, NOBODY): functools.reduce(operator.or_, masked)}
