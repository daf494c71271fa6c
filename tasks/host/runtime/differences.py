"""Runtime files that are not the same everywhere, named; never a value."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tasks.host import releases
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.runtime import choice
from tasks.host.runtime.choice import Choice
from tasks.host.runtime.files import content, source


def warn(run: Run) -> None:
    """Warn of each file that differs between ~/runtime, the live release and the one before."""
    try:
        if os.path.isdir(run.live):
            found = choice.choose(run)
            for words in (*(refusal.what for refusal in found.refusals), *each(run, found)):
                run.report.warn(words)
    except (Failed, OSError) as problem:
        run.report.warn(str(problem))


def each(run: Run, found: Choice) -> Iterator[str]:
    """Each that differs and is decided, in words."""
    live, previous = source(run), releases.previous(run)
    for path, folder in found.folders.items():
        if path in found.stale:
            yield f"runtime file {path} has changed in {live}: the next release renews its copy in {run.runtime}"
        if path in found.newer:
            yield f"runtime file {path} has changed in {run.runtime}: the next release takes it from there"
        if previous and choice.is_other(run, previous, path, content(run, folder, path)):
            yield f"runtime file {path} is another in {previous}: a rollback renews it there"
