"""Files on their way into a release: written and on disk in the state directory first, then renamed, all of them or none."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from types import TracebackType
from typing import TYPE_CHECKING, Any

from tasks.host import acl, files, tree
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.runtime import record
from tasks.host.runtime.files import duplicate, opened

ABOUT = "about.json"
NEW = ".new"
"""The ending of a directory of files that are on their way."""

if TYPE_CHECKING:
    from tasks.host.runtime.record import Record


class Staged:
    """Files for the release of a run. What they replace is kept as `RELEASE.KIND-NUMBER`; leaving early changes nothing."""

    def __init__(self, run: Run, kind: str) -> None:
        self._run, self._kind = run, kind
        self._folder = record.place(run, f"{run.release}.{run.id}{NEW}")
        self._record = record.read(run, run.release)
        self._about: list[dict[str, Any]] = []
        self._used = ""  # the directory of former files that is used up

    def __enter__(self) -> Staged:
        os.mkdir(self._folder, 0o700)
        return self

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if os.path.isdir(self._folder):
            tree.remove(self._folder)

    def add(self, path: str, file: int) -> None:
        """Write what `path` is to become, and what it is now. Raises Failed or OSError."""
        with tree.opened(self._folder, self._folder, tree.DIRECTORY) as at:
            duplicate(file, f"{len(self._about)}.to", at)
        self._keep(path)

    def take(self, former: str) -> tuple[list[str], Record | None]:
        """Write what the files of a directory of former ones become again; their paths and record. Raises Failed or OSError."""
        about = _read(former)
        for number, each in enumerate(about["files"]):
            if not each["missing"]:
                place = os.path.join(self._folder, f"{len(self._about)}.to")
                with tree.opened(former, os.path.join(former, f"{number}.was"), tree.PLAIN) as file:
                    tree.clone(file, place)
                _give(place, each)
            self._keep(each["path"])
        self._used = former
        return [each["path"] for each in about["files"]], record.parsed(about["record"])

    def commit(self, after: Record | None) -> None:
        """Rename them into their places, and record that. Raises OSError; where a rename failed nothing is changed."""
        if self._about:
            self._rename()
            self._retire()
        if after != self._record:
            record.write(self._run, self._run.release, after)

    def _keep(self, path: str) -> None:
        """Write what `path` is now, private, and how it can be read."""
        run, number = self._run, len(self._about)
        full = os.path.join(run.release_path, path)
        about: dict[str, Any] = {"path": path, "missing": not os.path.lexists(full)}
        if not about["missing"]:
            with opened(run, run.release_path, path) as file:
                about.update(_access(file))
                place = os.path.join(self._folder, f"{number}.was")
                tree.clone(file, place)
            os.chmod(place, 0o600)
        self._about.append(about)

    def _rename(self) -> None:
        run = self._run
        for name in os.listdir(self._folder):
            with files.opened(os.path.join(self._folder, name)) as file:
                os.fsync(file)
        about = {"v": 1, "files": self._about, "record": self._record}
        record.put(os.path.join(self._folder, ABOUT), json.dumps(about).encode())
        files.flush_directory(self._folder)
        try:
            for number, each in enumerate(self._about):
                _place(run.release_path, each["path"], os.path.join(self._folder, f"{number}.to"))
        except BaseException:
            _undo(run, self._folder)
            raise

    def _retire(self) -> None:
        """What was replaced is kept, under a name of its own, and what was used up is not."""
        numbers = [int(name.rpartition("-")[2]) for name in _all(self._run, self._run.release, self._kind)]
        os.rename(self._folder, record.place(self._run, f"{self._run.release}.{self._kind}-{max(numbers, default=0) + 1:06}"))
        if self._used:
            tree.remove(self._used)
        files.flush_directory(record.place(self._run))


def newest(run: Run, release: str) -> str:
    """The directory of the former files that the last renewal of a release replaced, "" where there is none."""
    found = _all(run, release, "former")
    return record.place(run, found[-1]) if found else ""


def recover(run: Run) -> None:
    """Undo what a run left that died between two renames. Raises Failed or OSError."""
    for name in files.names(run.place("runtime")):
        if name.startswith(f"{run.release}.") and name.endswith(NEW):
            _undo(run, record.place(run, name))
            tree.remove(record.place(run, name))


def access(run: Run, folder: str, path: str) -> dict[str, Any]:
    """Who may read a runtime file: its mode, its group, where this user may give it, and its ACL. Raises Failed."""
    with opened(run, folder, path) as file:
        return _access(file)


def _access(file: int) -> dict[str, Any]:
    about = os.fstat(file)
    entries = acl.read(file)
    listed = [[tag, who, bits] for (tag, who), bits in sorted(entries.items())] if entries else []
    return {"mode": stat.S_IMODE(about.st_mode) & 0o777, "group": about.st_gid, "acl": listed}


def _give(place: str, about: dict[str, Any]) -> None:
    with tree.opened(place, place, tree.PLAIN) as file:
        with contextlib.suppress(PermissionError):
            os.fchown(file, -1, about["group"])
        os.fchmod(file, about["mode"])
        if about["acl"]:
            acl.write(file, {(tag, who): bits for tag, who, bits in about["acl"]})


def _all(run: Run, release: str, kind: str) -> list[str]:
    return sorted(name for name in files.names(run.place("runtime")) if name.startswith(f"{release}.{kind}-"))


def _read(folder: str) -> dict[str, Any]:
    """What is known of the files in such a directory. Raises Failed."""
    path = os.path.join(folder, ABOUT)
    try:
        found: dict[str, Any] = json.loads(files.read(path).decode())
    except (OSError, ValueError) as problem:
        raise Failed(f"{path} cannot be read", f"ls -l {quoted(folder)} # on the host") from problem
    return found


def _place(release: str, path: str, source: str) -> None:
    """Rename a file to its place in a release; without a source nothing is to be there."""
    parent, name = os.path.split(path)
    with tree.folder(release, parent, make=True) as at, tree.naming(os.path.join(release, path)):
        if os.path.lexists(source):
            os.rename(source, name, dst_dir_fd=at)
        else:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=at)
        os.fsync(at)


def _undo(run: Run, folder: str) -> None:
    """Put back what was there, where any of it may have been renamed."""
    if not os.path.lexists(os.path.join(folder, ABOUT)):
        return
    for number, each in enumerate(_read(folder)["files"]):
        was = os.path.join(folder, f"{number}.was")
        if os.path.lexists(was):
            _give(was, each)
        _place(run.release_path, each["path"], was)
