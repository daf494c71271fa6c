"""Runtime files: what is not in git and must be there to run, copied into the build from where they count."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from tasks.host import files, git, tree
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.runtime import kept, readers, record
from tasks.host.runtime.choice import choose
from tasks.host.runtime.files import LARGEST, content, duplicate, expand, opened, present, source
from tasks.host.secrets import text_of, values


def check(run: Run, units: Sequence[str]) -> None:
    """Every one must be there, and usable, and the pools of these units must be able to read the copy. Raises Failed."""
    for glob, optional in run.runtime_files:
        check_one(run, glob, optional)
    if run.runtime_files:
        readers.require(run, choose(run).require().folders, units)


def check_one(run: Run, glob: str, optional: bool) -> None:
    """The files of one entry of runtime_files, where they count. Raises Failed."""
    found = [(folder, path) for folder in dict.fromkeys((source(run), run.runtime)) for path in expand(folder, glob)]
    for folder, path in found:
        with opened(run, folder, path):
            pass
    if not found and not optional:
        what = f"runtime file {glob} is missing in {source(run)}"
        raise Failed(what, "# put it there, or mark it {path: ..., optional: true} in hosts.yml")


def copy(run: Run) -> None:
    """Copy them into the build, with group, mode (0777 of it), ACL and times. No link is followed. Raises Failed.

    Where the live one is newer, the copy in ~/runtime is renewed.
    """
    run.built_from = os.path.basename(source(run)) if os.path.isdir(run.live) else ""
    chosen = choose(run).require()
    for path in chosen.folders:
        if tree.real(run.build, path) is None:
            raise Failed(f"runtime file {path} leads out of the build", "# correct hosts.yml")
    for path, folder in chosen.folders.items():
        with opened(run, folder, path) as file:
            try:
                _copy(run, file, path)
            except OSError as problem:
                place = problem.filename
                what = f"runtime file {path} cannot be copied: {place}: {problem.strerror}"
                raise Failed(what, f"namei -l {quoted(place)}; df -h; df -i # on the host") from problem
            run.taken[path] = record.mac(record.key(run), os.pread(file, LARGEST, 0))
    kept.renew(run, chosen)


def _copy(run: Run, file: int, path: str) -> None:
    parent, name = os.path.split(path)
    full = os.path.join(run.build, path)
    with tree.folder(run.build, parent, make=True) as at, tree.naming(full):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=at)
        duplicate(file, name, at)


def sealed(run: Run) -> None:
    """Record what each is by now, for the release that is flushed and sealed next. Raises OSError."""
    found: dict[str, tuple[str, str]] = {}
    for path in present(run, run.release_path):
        mac = ""
        with contextlib.suppress(Failed):  # a build put something else there
            mac = record.mac(record.key(run), content(run, run.release_path, path))
        found[path] = (run.taken.get(path, ""), mac)
    record.write(run, run.release, found, flush=False)  # without any, too: the first that is named is known to be new then


def secrets(run: Run) -> set[str]:
    """What nobody may see of the commands' output: the values of the runtime files where they run, before the first has run."""
    if run.secrets is None:
        run.secrets = secrets_in(run, run.work) - committed(run, run.commit)
    return run.secrets


def secrets_in(run: Run, *folders: str) -> set[str]:
    """The values of the runtime files in directories, but those that stand in hosts.yml. Equal files are read once."""
    found: set[str] = set()
    seen: set[int] = set()
    for path in (os.path.join(folder, path) for folder in folders for path in present(run, folder)):
        with contextlib.suppress(OSError):
            data = files.read(path, LARGEST)
            if hash(data) not in seen:
                found |= values(text_of(data))
            seen.add(hash(data))
    return found - run.configured


def committed(run: Run, commit: str) -> set[str]:
    """The values in a commit's own .env, beside runtime files: who has the sources knows them."""
    names = sorted({os.path.join(os.path.dirname(glob), ".env") for glob, _ in run.runtime_files})
    shown = (git.call(run, (git.there(run), "show", f"{commit}:{name}")) for name in names) if commit else ()
    return {value for done in shown if not done.code for value in values(files.decoded(done.output))}
