"""The copies in ~/runtime/LINK: renewed from the live release where that has the newer one, with the former kept beside."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator

from tasks.host import releases, tree
from tasks.host.run import Run
from tasks.host.runtime import record
from tasks.host.runtime.choice import Choice
from tasks.host.runtime.files import content, duplicate, opened, source


def renew(run: Run, chosen: Choice) -> None:
    """Renew what is stale there, and record on what both copies agree now. Raises Failed or OSError."""
    with renewing(run, chosen) as act:
        act()


@contextlib.contextmanager
def renewing(run: Run, chosen: Choice) -> Iterator[Callable[[], None]]:
    """The newer ones are written beside first: what there is to call then renews. Raises Failed or OSError."""
    stamp = f".before-{time.strftime(releases.STAMP, time.gmtime())}-{os.urandom(2).hex()}"
    try:
        for path in chosen.stale:
            parent, name = os.path.split(path)
            with tree.folder(os.path.realpath(run.runtime), parent) as at, opened(run, source(run), path) as file:
                duplicate(file, f"{name}{stamp}.new", at)
        yield lambda: _renew(run, chosen, stamp)
    finally:
        for path in chosen.stale:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(run.runtime, f"{path}{stamp}.new"))


def _renew(run: Run, chosen: Choice, stamp: str) -> None:
    _swap(run, chosen.stale, stamp)
    _agree(run, chosen)


def _swap(run: Run, paths: Iterable[str], stamp: str) -> None:
    """Put the newer ones in their places; the former stay as FILE.before-TIME. Raises OSError."""
    for path in paths:
        parent, name = os.path.split(path)
        with tree.folder(os.path.realpath(run.runtime), parent) as at:
            former = _free(name + stamp[: -len("-0000")], at)
            os.link(name, former, src_dir_fd=at, dst_dir_fd=at)
            os.rename(f"{name}{stamp}.new", name, src_dir_fd=at, dst_dir_fd=at)
            os.fsync(at)
        run.report.note(f"{path} of the live release is newer: renewed in {run.runtime}, where the former is {former}")


def _agree(run: Run, chosen: Choice) -> None:
    """Record for the live release the files of which both copies are alike by now. Raises Failed or OSError."""
    live = os.path.basename(source(run))
    known = record.read(run, live)
    if known is None and chosen.refusals:
        return  # a record in part would make what is undecided look new
    before = known or {}
    alike = {path: record.mac(record.key(run), content(run, source(run), path)) for path in (*chosen.same, *chosen.stale)}
    after = {**before, **{path: (mac, mac) for path, mac in alike.items()}}
    if after != before and releases.is_name(run, live):
        record.write(run, live, after)


def _free(name: str, at: int) -> str:
    """This name, or the first with a number that nothing has."""
    number, found = 1, name
    with contextlib.suppress(FileNotFoundError):
        while True:
            os.stat(found, dir_fd=at, follow_symlinks=False)
            number += 1
            found = f"{name}-{number}"
    return found
