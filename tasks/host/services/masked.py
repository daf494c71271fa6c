"""The last words of a service, masked by the release user's program, from the file in which the service user's left them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from tasks.host import releases
from tasks.host.build import runtime
from tasks.host.mask import Mask

if TYPE_CHECKING:
    from tasks.host.run import Run

LIMIT = 16384  # bytes


def report(run: Run, path: str) -> None:
    """Report the lines of such a file, masked, as the release user."""
    text = _read(path)
    if text is None:
        return run.report.tail("post-release", f"what it printed is on the host, in {path}, for those who may read it")
    for line in filter(str.strip, _mask(run)(text).decode("utf-8", "replace").splitlines()):
        run.report.tail("post-release", "".join(char if char.isprintable() else " " for char in line)[:300])
    return None


def _read(path: str) -> bytes | None:
    """What is in a regular file that is reached through no link; None where it cannot be read."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.read(file, LIMIT) if stat.S_ISREG(os.fstat(file).st_mode) else None
    finally:
        os.close(file)


def _mask(run: Run) -> Mask:
    """Of the runtime files of every release that is still here, for a journal reaches back."""
    names = [name for name in os.listdir(run.releases) if releases.is_name(run, name)]
    files = [f"{name}/{file}" for name in names for file in runtime.present(run, os.path.join(run.releases, name))]
    return Mask(run.releases, files)
