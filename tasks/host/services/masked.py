"""The last words of a service, masked by the release user's program, from the file in which the service user's left them."""

from __future__ import annotations

import os

from tasks.host import releases
from tasks.host.build import runtime
from tasks.host.files import open_regular
from tasks.host.mask import Mask
from tasks.host.run import Run

LIMIT = 16384  # bytes


def report(run: Run, path: str) -> None:
    """Report the lines of such a file, masked, as the release user. It is a regular file, reached through no link."""
    try:
        file = open_regular(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return run.report.tail("post-release", f"what it printed is on the host, in {path}, for those who may read it")
    try:
        text = os.read(file, LIMIT)
    finally:
        os.close(file)
    names = [name for name in os.listdir(run.releases) if releases.is_name(run, name)]  # all, for a journal reaches back
    files = [f"{name}/{file}" for name in names for file in runtime.present(run, os.path.join(run.releases, name))]
    for line in filter(str.strip, Mask(run.releases, files)(text).decode("utf-8", "replace").splitlines()):
        run.report.tail("post-release", "".join(char if char.isprintable() else " " for char in line)[:300])
    return None
