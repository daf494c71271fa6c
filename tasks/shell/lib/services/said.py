"""The last words of a service, masked, from the file in which the service user left them."""

from __future__ import annotations

import os
import stat
import sys

from tasks.shell.lib.build.mask import Mask
from tasks.shell.lib.wire import emit

LIMIT = 16384  # bytes


def said(path: str, work: str, files: list[str]) -> str:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return Mask(work, files)(file.read(LIMIT)).decode("utf-8", "replace")
    except OSError:
        pass
    return "what it said is on the host, in %s, for those who may read it" % path


for line in filter(str.strip, said(sys.argv[1], sys.argv[2], sys.argv[3:]).splitlines()):
    emit("tail", "post-release", "".join(char if char.isprintable() else " " for char in line)[:300])
