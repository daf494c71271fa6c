"""The host program as it is kept for the runs to come: compiled, for this interpreter alone."""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
from typing import TYPE_CHECKING

from tasks.host import files

if TYPE_CHECKING:
    from tasks.host.program import Packed
    from tasks.host.run import Run

NAME = "program-"
MOST = 4  # programs: workstations may have different versions of this tool


def keep(run: Run, packed: Packed) -> None:
    """Write it beside the locks, and report its place and the SHA-256 of its text and this interpreter's version.

    A run goes well without it, so that nothing is reported where it cannot be written.
    """
    for name in packed.sources.keys() - packed.codes.keys():
        packed.code(name)
    data = marshal.dumps((packed.code("tasks.host.boot"), packed.sources, packed.codes))
    digest = hashlib.sha256(data + sys.version.encode()).hexdigest()
    path = run.place(NAME + digest[:16])
    try:
        files.replace(path, data, run.id)
    except OSError:
        return
    run.report.fact("kept", f"{digest} {path}")
    _remove_old(run.state)


def _remove_old(folder: str) -> None:
    found = [entry for entry in files.entries(folder) if entry.name.startswith(NAME)]
    with contextlib.suppress(OSError):
        for entry in sorted(found, key=lambda entry: entry.stat().st_mtime)[:-MOST]:
            os.unlink(entry.path)
