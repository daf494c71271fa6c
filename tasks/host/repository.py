"""repo.git: one at a time in it, and is it what it should be? It holds nothing that origin has not: setup can make it anew."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from typing import Iterator, NoReturn

from tasks.host import files, git, tree
from tasks.host.failure import Failed
from tasks.host.log import KEPT
from tasks.host.programs import TOO_LATE
from tasks.host.run import Run
from tasks.host.services import masked

IN_OBJECT, IN_PACK = 1, 4  # bits of the code of git fsck
LINES = 20  # the last, of what git has printed
NO_LOCKS = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def locked(run: Run, wait: float | None = None) -> Iterator[None]:
    """Hold the lock of repo.git, which the environments of a host share. What a dead git left locked is unlocked.

    Waits for another environment for `wait` seconds, or step_timeout, then raises Failed.
    """
    deadline = time.monotonic() + (run.step_timeout if wait is None else wait)
    with contextlib.ExitStack() as held:
        file = held.enter_context(files.opened(run.repo + ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        noted = _take(run, file, deadline, False)
        folder = held.enter_context(files.opened(run.repo, os.O_RDONLY | os.O_DIRECTORY))  # as earlier versions of this tool
        try:
            _take(run, folder, deadline, noted)
        except OSError as problem:
            if problem.errno not in NO_LOCKS:
                raise
        unlock(run.repo)
        yield


def _take(run: Run, descriptor: int, deadline: float, noted: bool) -> bool:
    """Whether it was noted that somebody else is waited for."""
    if files.flocked(descriptor, 0):
        return noted
    if not noted:
        run.report.note("waiting for another environment of this host to finish with repo.git")
    if not files.flocked(descriptor, deadline - time.monotonic()):
        what = "another environment of this host did not finish with repo.git"
        raise Failed(what, f"fuser -v {files.quoted(run.repo)}.lock # on the host")
    return True


def unlock(repo: str) -> None:
    """Remove git's own locks. They are files, and stay when git is killed; who holds the lock of repo.git is alone in it."""
    places = [repo, *(place for place, _, _ in os.walk(f"{repo}/refs"))]
    for path in (entry.path for place in places for entry in files.entries(place)):
        if path.endswith(".lock"):
            with contextlib.suppress(OSError):
                os.unlink(path)
    _remove_half_written(repo)


def _remove_half_written(repo: str) -> None:
    """What a dead git has left among the objects; nothing while one that lives tidies them."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int(files.read(f"{repo}/gc.pid").split()[0]), 0)
        return
    objects = f"{repo}/objects"
    for folder in (objects, *(f"{objects}/{name}" for name in files.names(objects))):
        for entry in files.entries(folder):
            if entry.name.startswith("tmp_"):
                with contextlib.suppress(OSError):
                    tree.remove(entry.path)


def fault(run: Run, *options: str) -> str:
    """What is wrong with repo.git, for `git fsck` with these options; "" when it is sound."""
    if not os.path.isdir(run.repo):
        return "it is not a directory"
    stranger = _stranger(run.repo)
    if stranger:
        return f"it is not all of {run.release_user}: {stranger}"
    about = git.asked(run, git.there(run), "rev-parse", "--is-bare-repository", "--is-shallow-repository").text.split()
    if about[:1] != ["true"]:
        _refuse_git(run)
        return "git does not take it for a bare repository"
    if not git.origin(run, git.there(run)):
        return "it has no origin"
    if about[1:] != ["false"]:
        return "it is shallow"
    code = git.call(run, (git.there(run), "fsck", "--no-dangling", "--no-progress", *options)).code
    if code not in (TOO_LATE, -9) and code & ~IN_OBJECT:  # objects may be malformed at origin too
        packs = [entry.path for entry in files.entries(f"{run.repo}/objects/pack") if entry.name.endswith(".idx")]
        # fsck calls a pack faulty that has such an object
        if code & ~(IN_OBJECT | IN_PACK) or (packs and git.call(run, (git.there(run), "verify-pack", "--", *packs)).code):
            return "objects or refs in it are missing or spoilt"
    return ""


def _refuse_git(run: Run) -> None:
    """Raises Failed, with git's own words, where git takes a new repository for none either: its settings are wrong."""
    new = f"{run.repo}.asked-{run.id}"
    try:
        made = git.logged(run, "init", "--quiet", "--bare", new)
        if not made or git.asked(run, git.there(run, new), "rev-parse", "--is-bare-repository").text != "true":
            raise _in_its_words(run)
    finally:
        tree.remove(new)


def _stranger(folder: str) -> str:
    """Something in this directory that is another user's, or cannot be read."""
    problems: list[OSError] = []
    for place, folders, names in os.walk(folder, onerror=problems.append):
        for path in (place, *(os.path.join(place, name) for name in (*folders, *names))):
            if os.lstat(path).st_uid != os.geteuid():
                return path
    return f"{problems[0].filename}: {problems[0].strerror}" if problems else ""


def failed(run: Run) -> NoReturn:
    """git has failed, and its last lines say why. If repo.git is the reason, setup can mend it."""
    wrong = fault(run)
    if wrong:
        raise Failed(f"repo.git is spoilt: {wrong}", run.hint("setup") + " # it makes a new one, and keeps this one aside")
    raise _in_its_words(run)


def _in_its_words(run: Run) -> Failed:
    """What git has printed in this step explains its failure."""
    for line in masked.shown(run, run.log.printed(KEPT)).strip().split("\n")[-LINES:]:
        run.report.tail(run.step, line)
    return Failed()


def expect(run: Run, url: str) -> None:
    """repo.git must belong to this origin."""
    run.repository = url
    found = git.origin(run, git.there(run))
    if not found:
        failed(run)
    if found != url:
        what = f"repo.git belongs to another origin: {found}, and hosts.yml says {url}"
        next = f"git -C {files.quoted(run.repo)} remote set-url origin {files.quoted(url)} # on the host; or another builds_dir"
        raise Failed(what, next)


def make(run: Run, url: str) -> None:
    """Make repo.git, bare and persistent. A spoilt one is renamed, and nothing of it is deleted."""
    run.repository = url
    if not os.path.lexists(run.repo):
        _put_new(run, url)
    elif os.path.isdir(run.repo) and os.access(run.repo, os.R_OK):
        with locked(run):
            _renew(run, url)
    else:
        _renew(run, url)
    expect(run, url)


def _put_new(run: Run, url: str, aside: str = "") -> None:
    """A new one, whole before what is there is moved `aside`."""
    new = run.repo + ".new"
    tree.remove(new)
    for words in (("init", "--quiet", "--bare", new), (git.there(run, new), "remote", "add", "origin", url)):
        if not git.logged(run, *words):
            raise _in_its_words(run)
    os.chmod(new, 0o700)
    if aside:
        os.rename(run.repo, aside)
    os.rename(new, run.repo)
    run.report.note(f"made {run.repo}")
    with files.opened(run.repo + ".lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600):
        pass  # it is there from now on, so that setup, run again, makes nothing


def _renew(run: Run, url: str) -> None:
    wrong = fault(run)
    if not wrong:
        return
    aside = run.repo + time.strftime(".spoilt-%Y%m%dT%H%M%SZ", time.gmtime())
    if os.path.lexists(aside):
        raise Failed(f"{aside} is there already", "# type the same again")
    _put_new(run, url, aside)
    run.report.warn(
        f"repo.git was spoilt ({wrong}): a new one is made, the next release fetches everything again,"
        f" and the old one is now {aside}"
    )
