"""A host that can be released to. Run again, it changes nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from tasks.host import globs, programs, reserve
from tasks.host.build import links as persistent
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.lock import Lock
from tasks.host.ready import apart, misplaced, sound
from tasks.host.run import Run, expanded
from tasks.host.runtime import choice


def directories(run: Run) -> None:
    """What a release needs, and a private place for the first runtime files. Raises Failed."""
    apart(run)
    own = (run.builds, run.state)
    for folder in (*own, run.releases, os.path.dirname(run.runtime)):
        _make(run, folder, 0o700 if folder in own else 0o755, "")
        if not os.access(folder, os.W_OK):
            next = f"sudo chown {run.release_user}: {quoted(folder)} # is it mounted read-only? findmnt -T {quoted(folder)}"
            raise Failed(f"{folder} cannot be written to by {run.release_user}", next)
    sound(run)
    folder = run.runtime
    _make(run, folder, 0o700, ", for the runtime files of the first release")
    if stat.S_IMODE(os.stat(folder).st_mode) != 0o700:
        os.chmod(folder, 0o700)
        run.report.note(f"made {folder} private (0700)")


def lock(run: Run) -> None:
    """From here on as any other run. Raises Failed."""
    if isinstance(run.lock, Lock):
        run.lock.acquire(run)
        run.lock.acquire_move(run)
    reserve.keep(run)


def links(run: Run, found: Sequence[Sequence[str]]) -> None:
    """Name targets that are not there yet, and live files that no release will show: a path, a target, a mountpoint each."""
    for path, target, mountpoint in found:
        try:
            persistent.check_one(run, path, target, mountpoint)
        except Failed as missing:
            run.report.warn(missing.sentence)
        place, into = os.path.join(run.live, path), expanded(target)
        if os.path.islink(place) or not os.path.lexists(place):
            continue
        words = ["find", place, "!", "-type", "d", "!", "-name", ".git*", "-print0", "-quit"]  # it may stand still
        printed = programs.run(words, seconds=run.step_timeout, errors=run.log.descriptor).output
        file = os.fsdecode(printed.partition(b"\0")[0])
        if not file:
            continue
        linked = f"and a release will link to {into}: copy"
        if os.path.isdir(place):
            what = f"{path} is a directory with files ({os.path.relpath(file, run.live)}), {linked} them"
            copied = f"{quoted(place)}/. {quoted(into)}/"
        else:
            what, copied = f"{path} is a file, {linked} it", f"{quoted(place)} {quoted(into)}"
        run.report.note(f"{what} before: cp -an {copied}")


def runtime_files(run: Run) -> None:
    """Name the runtime files that are still for a person to put there; record what those of the live release are."""
    source = os.path.realpath(run.live) if os.path.isdir(run.live) else run.runtime
    for glob, optional in run.runtime_files:
        if not globs.matches(source, glob):
            run.report.note(f"runtime file {glob} ({'optional' if optional else 'required'}) belongs in {source}")
    try:
        choice.begin(run)
    except Failed as problem:
        run.report.warn(problem.sentence)


def _make(run: Run, path: str, mode: int, purpose: str) -> None:
    """Make a directory where nothing is yet, not even a link that leads nowhere."""
    if os.path.isdir(path):
        return
    if os.path.lexists(path):
        raise misplaced(path, "is not a directory")
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.mkdir(path, mode)
    except OSError as problem:
        next = f"namei -l {quoted(path)}; findmnt -T {quoted(path)} # on the host: what would it lie in?"
        raise Failed(f"{run.release_user} cannot make {path}", next) from problem
    run.report.note(f"made {path}{purpose}")
