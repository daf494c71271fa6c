"""The pool is filled with the hashed files of what goes live, and of what is live, before anything moves.

An old page asks for the assets of a release that is live no more, and a page from one host asks another for them. A name is
never overwritten, and nothing in the pool shares an inode with a release. Copies are on disk before they have their names.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from typing import Any

from tasks.host import files, releases, tree
from tasks.host.assets import record
from tasks.host.build import room
from tasks.host.failure import FAILED, Failed
from tasks.host.run import Run

STAGED = ".new"  # a directory in the pool, which is below no path that is served
PIECE = 1 << 20


def fill(run: Run, paths: Sequence[str]) -> None:
    """Put the files of what is live and of what is to be into the pool, and report what they come to. Raises Failed."""
    run.lock.require(run)
    pool = Pool(run, paths)
    try:
        with pool.staging():
            for name in dict.fromkeys(name for name in (releases.live(run), run.release) if name):
                pool.offer(name)
            pool.place()
    except OSError as problem:
        raise failed(pool.root, problem) from problem
    pool.report()


def ensure(run: Run, paths: Sequence[str]) -> None:
    """The same for a rollback, which nothing about the pool stops: what goes wrong is a warning."""
    try:
        fill(run, paths)
    except Failed as failure:
        if failure.reported or failure.code != FAILED:
            raise
        run.report.warn(f"the asset pool is not complete: {failure.what}")


def failed(root: str, problem: OSError) -> Failed:
    """What went wrong in the pool, and what to look at."""
    place = problem.filename if isinstance(problem.filename, str) else root
    there = files.quoted(root)
    return Failed(
        f"the asset pool cannot be filled: {place}: {problem.strerror}",
        f"ls -ld {there}; df -h {there}; df -i {there} # on the host",
    )


def needed(entries: dict[str, dict[str, Any]], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The files that one of these releases has, in the order of their paths."""
    return {path: entry for path, entry in sorted(entries.items()) if not set(names).isdisjoint(entry["releases"])}


class Pool:
    """The pool of a host, and what is put into it now."""

    def __init__(self, run: Run, paths: Sequence[str]) -> None:
        self._run, self._paths = run, paths
        self.root = record.root(run)
        self.entries = record.load(run, paths)
        self._others: list[str] = []  # of which the pool has another content
        self._staged: dict[str, str] = {}  # path: name in STAGED
        self._sizes: list[int] = []  # of what was put in

    @contextlib.contextmanager
    def staging(self) -> Iterator[None]:
        """What is copied lies apart until it is complete, and is removed when that fails."""
        staged = os.path.join(self.root, STAGED)
        os.makedirs(self.root, 0o755, exist_ok=True)
        tree.remove(staged)
        try:
            yield
        finally:
            tree.remove(staged)

    def offer(self, name: str) -> None:
        """Copy what the pool lacks of a release. Raises Failed and OSError."""
        folder = os.path.realpath(os.path.join(self._run.releases, name))
        if not releases.sealed(self._run, name):
            return
        lacking: dict[str, tuple[str, int]] = {}
        for path in self._paths:
            if tree.leads_out(folder, path):
                self._run.report.warn(f"asset_pool: {path} leads out of {name}: nothing of it is put into the pool")
                continue
            for file, found, at in record.hashed_files(folder, path):
                size = self._lacks(name, file, found, at)
                if size is not None:
                    lacking[file] = found, size
        size = sum(each for _, each in lacking.values())
        if lacking:
            room.require(self._run, size * 3 // 2, 2 * len(lacking), "the asset pool", self.root)
        for file, (found, _) in lacking.items():
            self._stage(name, file, os.path.relpath(found, folder), folder)

    def place(self) -> None:
        """Give what was copied its names, once it is on disk, and write the record. Raises OSError."""
        if self._staged:
            with files.opened(self.root, tree.DIRECTORY) as folder:
                files.system_call("syncfs", folder, path=self.root)
        for file, staged in self._staged.items():
            if put(self.root, os.path.join(self.root, STAGED, staged), file):
                about = os.lstat(os.path.join(self.root, file))
                self.entries[file].update(size=about.st_size, mtime=about.st_mtime_ns)
                self._sizes.append(about.st_size)
            else:
                self._others.append(file)
                del self.entries[file]
        record.save(self._run, self.entries)

    def report(self) -> None:
        """What the files come to that pages of these releases need, as one digest; what was put in; what differs."""
        live, digest = releases.live(self._run), hashlib.sha256()
        for path, entry in needed(self.entries, (live, self._run.release)).items():
            digest.update(f"{path}\0{entry['sha256']}\n".encode("utf-8", "surrogateescape"))
        self._run.report.fact("assets", digest.hexdigest())
        if self._sizes:
            self._run.report.note(f"asset pool: {len(self._sizes)} files put into it ({sum(self._sizes):,} bytes)")
        if self._others:
            more = f" ({len(self._others)} in all)" if len(self._others) > 1 else ""
            self._run.report.warn(
                f"asset pool: another content has the name already, and is not replaced: {self._others[0]}{more};"
                f" {self._run.hint('prune', '--asset', 'NAME')} takes one out"
            )

    def _lacks(self, name: str, file: str, found: str, at: int) -> int | None:
        """The size of a file that has to be copied; None for one that is there, with this content or another."""
        there, entry = self._there(file), self.entries.get(file)
        if there is None and file not in self._staged:
            self.entries.pop(file, None)
            return os.stat(os.path.basename(found), dir_fd=at, follow_symlinks=False).st_size
        if entry is None or (there and (entry["size"], entry["mtime"]) != (there.st_size, there.st_mtime_ns)):
            entry = self._read(file, there, entry)
        elif name in entry["releases"]:
            return None
        with tree.opened(found, os.path.basename(found), tree.PLAIN, at) as source:
            same = entry is not None and digest_of(source) == entry["sha256"]
        if entry is None or not same:
            self._others.append(file)
        elif name not in entry["releases"]:
            entry["releases"].append(name)
        return None

    def _there(self, file: str) -> os.stat_result | None:
        try:
            return os.lstat(os.path.join(self.root, file))
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _read(self, file: str, there: os.stat_result | None, entry: dict[str, Any] | None) -> dict[str, Any] | None:
        """The entry of a file that is in the pool, from its content; None where something else has its name."""
        if there is None or not stat.S_ISREG(there.st_mode):
            return None
        with opened(self.root, file) as content:
            digest = digest_of(content)
        known = entry or record.entry()
        if known["sha256"] not in ("", digest):
            known["releases"] = []  # of another content
        known.update(sha256=digest, size=there.st_size, mtime=there.st_mtime_ns)
        self.entries[file] = known
        return known

    def _stage(self, name: str, file: str, path: str, folder: str) -> None:
        staged = str(len(self._staged))
        with tree.folder(folder, os.path.dirname(path)) as at, tree.folder(self.root, STAGED, make=True) as new:
            full = os.path.join(folder, path)
            with tree.opened(full, os.path.basename(path), tree.PLAIN, at) as source, tree.naming(self.root):
                tree.clone(source, staged, new)
            os.chmod(staged, 0o644, dir_fd=new)
            with tree.opened(full, staged, tree.PLAIN, new) as copy:
                self.entries[file] = {**record.entry(name), "sha256": digest_of(copy)}
        self._staged[file] = staged


def put(root: str, staged: str, file: str) -> bool:
    """Rename a complete file to its name in the pool. False, and it stays, where something has that name. Raises OSError."""
    try:
        with tree.folder(root, os.path.dirname(file), make=True) as at, tree.naming(os.path.join(root, file)):
            with contextlib.suppress(FileNotFoundError):
                os.stat(os.path.basename(file), dir_fd=at, follow_symlinks=False)
                return False
            os.rename(staged, os.path.basename(file), dst_dir_fd=at)
            return True
    except NotADirectoryError:
        return False


@contextlib.contextmanager
def opened(root: str, file: str) -> Iterator[int]:
    """A file of the pool, reached through no link. Raises OSError."""
    full, (parent, name) = os.path.join(root, file), os.path.split(file)
    with tree.folder(root, parent) as at, tree.opened(full, name, tree.PLAIN, at) as found:
        yield found


def digest_of(file: int) -> str:
    """The SHA-256 of an open file."""
    digest, at = hashlib.sha256(), 0
    while piece := os.pread(file, PIECE, at):
        digest.update(piece)
        at += len(piece)
    return digest.hexdigest()
