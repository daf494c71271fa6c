"""The last words of a service, masked by the release user's program, from the file in which the service user's left them."""

from __future__ import annotations

import os

from tasks.host import releases
from tasks.host.build import runtime
from tasks.host.files import open_regular
from tasks.host.mask import Mask
from tasks.host.run import Run

LINES, WIDEST = 60, 300  # of what is shown: the last lines, and characters of each


def report(run: Run, path: str) -> None:
    """Report the lines of such a file, masked, as the release user. It is a regular file, reached through no link."""
    try:
        file = open_regular(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return run.report.tail("post-release", f"what it printed is on the host, in {path}, for those who may read it")
    with open(file, "rb") as opened:
        text = opened.read()
    names = [name for name in os.listdir(run.releases) if releases.is_name(run, name)]  # all, for a journal reaches back
    secrets = {value for name in names for value in runtime.secrets_in(run, os.path.join(run.releases, name))}
    live = releases.seal_of(run, releases.live(run)) or {}
    shown = Mask(secrets - runtime.committed(run, live.get("commit") or ""))(text).decode("utf-8", "replace")
    for line in list(filter(str.strip, shown.split("\n")))[-LINES:]:
        run.report.tail("post-release", "".join(char if char.isprintable() else " " for char in line)[:WIDEST])
    return None
