"""What programs printed, masked by the release user's program: the last words of a service, from the file that has them."""

from __future__ import annotations

import os

from tasks.host import releases
from tasks.host.build import runtime
from tasks.host.files import open_regular
from tasks.host.mask import Mask
from tasks.host.run import Run

LINES, WIDEST = 60, 300  # of what is shown: the last lines, and characters of each


def shown(run: Run, printed: bytes) -> str:
    """What a program printed, without the values of the runtime files of every release: a journal reaches back."""
    places = [run.live, run.runtime, *(os.path.join(run.releases, name) for name in releases.present(run))]
    secrets = runtime.secrets_in(run, *places)
    live = releases.seal_of(run, releases.live(run)) or {}
    return Mask(secrets - runtime.committed(run, live.get("commit") or ""))(printed).decode("utf-8", "replace")


def report(run: Run, path: str) -> None:
    """Report the lines of such a file, masked, as the release user. It is a regular file, reached through no link."""
    try:
        file = open_regular(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return run.report.tail("post-release", f"what it printed is on the host, in {path}, for those who may read it")
    with open(file, "rb") as opened:
        text = opened.read()
    for line in list(filter(str.strip, shown(run, text).split("\n")))[-LINES:]:
        run.report.tail("post-release", "".join(char if char.isprintable() else " " for char in line)[:WIDEST])
    return None
