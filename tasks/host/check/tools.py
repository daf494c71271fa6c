"""Is there what this tool itself starts on a host, and a Python that is whole?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.host.check.search import which

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.host.run import Run


def check_tools(run: Run, tools: Sequence[str]) -> None:
    """The programs that phases start, and the one part of Python's library that python3-minimal lacks."""
    path = os.environ.get("PATH", os.defpath)
    missing = [tool for tool in tools if not which(tool, path)]
    if missing:
        run.report.bad(f"missing on the host: {' '.join(missing)}", "sudo apt-get install the packages they come from")
    else:
        run.report.ok(f"tools: {' '.join(tools)}")
    if not _has_ctypes():
        run.report.bad("python3 has no ctypes on this host", "sudo apt-get install python3")


def _has_ctypes() -> bool:
    try:
        import ctypes  # noqa: F401 the question
    except ImportError:
        return False
    return True
