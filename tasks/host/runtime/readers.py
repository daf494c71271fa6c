"""Who could read a runtime file, and could not read its copy: a group that the release user is not in cannot be given."""

from __future__ import annotations

import grp
import os
from collections.abc import Callable, Mapping, Sequence

from tasks.host import acl, programs
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.runtime.files import opened

SHOWN = 20.0  # seconds for systemctl to answer
READ = 4
EVERY_PHP_FPM = "php*fpm*"


def require(run: Run, folders: Mapping[str, str], units: Sequence[str], warn: Callable[[str], None] | None = None) -> None:
    """Nobody whom a pool of these units, or of any php-fpm, runs as loses a file by its being copied. Raises Failed.

    `folders`: where each is taken from. `warn` has the files of which that cannot be known; without it they are warnings.
    """
    for path, folder in folders.items():
        with opened(run, folder, path) as file:
            about = os.fstat(file)
            if can_give(about.st_gid):
                continue
            pools = _pool_users(units)
            users = [user for user in pools if _loses(file, about, user)]
        name = _group(about.st_gid)
        what = f"runtime file {os.path.join(folder, path)} is readable for the group {name}, which {run.release_user} is not in"
        next = f"sudo usermod -aG {quoted(name)} {run.release_user} # on the host, then type the same again"
        if users:
            raise Failed(f"{what}: {users[0]}, who runs php-fpm, could not read the copy in the new release", next)
        if not pools and about.st_mode & 0o044 == 0o040:
            (warn or run.report.warn)(f"{what}: its copy is not, and whom php-fpm runs as cannot be learned here")


def can_give(group: int) -> bool:
    """Whether this user may give a file of its own to this group."""
    return os.geteuid() == 0 or group in (os.getegid(), *os.getgroups())


def _loses(file: int, about: os.stat_result, name: str) -> bool:
    import pwd  # with the pools' users alone

    try:
        user = pwd.getpwuid(int(name)) if name.isdigit() else pwd.getpwnam(name)
    except KeyError:
        return False  # php-fpm would not start
    groups = os.getgrouplist(user.pw_name, user.pw_gid)
    entries = acl.read(file) or acl.by_mode(about.st_mode)
    could, can = (acl.may(entries, about, group, user.pw_uid, groups, READ) for group in (about.st_gid, os.getegid()))
    return could and not can and user.pw_uid != 0


def _pool_users(units: Sequence[str]) -> list[str]:
    """Nobody where it cannot be learned: on a host without systemd, or whose pools may not be read."""
    from tasks.host.services.units import pool_users  # only where a group cannot be given

    words = ["systemctl", "show", "--property=Id,User,MainPID,ExecStart", "--", *units, EVERY_PHP_FPM]
    try:
        return sorted(pool_users(programs.run(words, seconds=SHOWN).text))
    except (OSError, ValueError):
        return []


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
