"""Runtime files, copied into the build: regular files of this user, with no link on the way from there or to here."""

from __future__ import annotations

import contextlib
import errno
import os
import stat

from tasks.shell.lib.build.clone import clone
from tasks.shell.lib.build.tree import folder_in, named, opened

ACL = "system.posix_acl_access"
PLAIN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def runtime(source: str, build: str, *paths: str) -> None:
    """Each with its content, its mode (0777 of it), ACL and times. Raises OSError with the path of what failed."""
    for path in paths:
        folder, name = os.path.split(path)
        here, there = os.path.join(source, path), os.path.join(build, path)
        with folder_in(source, folder) as at, opened(here, name, PLAIN, at) as file:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
                raise OSError(errno.EINVAL, "not a regular file of the release user", here)
            with folder_in(build, folder, make=True) as into, named(there):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=into)
                clone(file, name, into)
                with opened(there, name, PLAIN, into) as copy:
                    same_acl(file, copy)


def same_acl(file: int, copy: int) -> None:
    """None where the original has none: a directory may give one to what is made in it."""
    try:
        acl = os.getxattr(file, ACL)
    except OSError:
        with contextlib.suppress(OSError):
            os.removexattr(copy, ACL)
    else:
        os.setxattr(copy, ACL, acl)
