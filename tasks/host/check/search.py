"""Where the release user's commands are looked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tasks.host.run import expanded

if TYPE_CHECKING:
    from tasks.host.run import Run


def search_path(run: Run) -> str:
    """PATH as the release user's commands will have it. A relative entry of `path` is the live release's for now."""
    own = [os.path.join(run.live, expanded(folder)) for folder in run.path]
    return ":".join([*own, os.environ.get("PATH", os.defpath)])


def from_build(run: Run) -> str:
    """The last entry of `path` that comes with the build; "" where there is none."""
    relative = [folder for folder in run.path if not expanded(folder).startswith("/")]
    return relative[-1] if relative else ""


def which(word: str, path: str) -> str:
    """The path of the program that a word starts, a name or an absolute path; "" where there is none."""
    found = (os.path.join(folder, word) for folder in path.split(":"))
    return next((file for file in found if os.path.isfile(file) and os.access(file, os.X_OK)), "")
