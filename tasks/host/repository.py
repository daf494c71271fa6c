"""Is repo.git what it should be? It holds nothing that origin has not, so one that is spoilt is made anew by setup."""

from __future__ import annotations

import os
import time
from typing import NoReturn

from tasks.host import git, tree
from tasks.host.failure import Failed, ProgramFailed
from tasks.host.programs import TOO_LATE
from tasks.host.repository_lock import locked
from tasks.host.run import Run

IN_OBJECT, IN_PACK = 1, 4  # bits of the code of git fsck


def fault(run: Run, *options: str) -> str:
    """What is wrong with repo.git, for `git fsck` with these options; "" when it is sound."""
    if not os.path.isdir(run.repo):
        return "it is not a directory"
    stranger = _stranger(run.repo)
    if stranger:
        return f"it is not all of {run.release_user}: {stranger}"
    about = git.asked(run, "-C", run.repo, "rev-parse", "--is-bare-repository", "--is-shallow-repository").text.split()
    if about[:1] != ["true"]:
        return "git does not take it for a bare repository"
    if not git.origin(run):
        return "it has no origin"
    if about[1:] != ["false"]:
        return "it is shallow"
    code = git.call(run, ("-C", run.repo, "fsck", "--no-dangling", "--no-progress", *options)).code
    return "" if code in (TOO_LATE, -9) or _only_malformed(run, code) else "objects or refs in it are missing or spoilt"


def _only_malformed(run: Run, code: int) -> bool:
    """Whether fsck found nothing but objects that are malformed, as they may be at origin. It calls such a pack faulty, too."""
    if code & ~(IN_OBJECT | IN_PACK):
        return False
    folder = os.path.join(run.repo, "objects", "pack")
    packs = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".idx")] if code & IN_PACK else []
    return not packs or git.call(run, ("-C", run.repo, "verify-pack", "--", *packs)).code == 0


def failed(run: Run) -> NoReturn:
    """git has failed, and its last lines say why. If repo.git is the reason, setup can mend it."""
    wrong = fault(run)
    if wrong:
        what = f"repo.git is spoilt: {wrong}"
        raise Failed(what, run.hint("setup (it makes a new one, and keeps this one aside)"))
    raise ProgramFailed


def expect(run: Run, url: str) -> None:
    """repo.git must belong to this origin."""
    run.repository = url
    found = git.origin(run)
    if not found:
        failed(run)
    if found != url:
        what = f"repo.git belongs to another origin: {found}, and hosts.yml says {url}"
        raise Failed(what, f"on the host: git -C {run.repo} remote set-url origin URL, or another builds_dir in hosts.yml")


def make(run: Run, url: str) -> None:
    """Make repo.git, bare and persistent, and prove git access. A spoilt one is renamed, and nothing of it is deleted."""
    run.repository = url
    if not os.path.isdir(run.repo) or not os.access(run.repo, os.R_OK):
        if os.path.lexists(run.repo):
            _set_aside(run)
    else:
        with locked(run):
            _set_aside(run)
    if not os.path.isdir(run.repo):
        _init(run, url)
        with locked(run):
            pass  # the file of its lock is there from now on, so that setup, run again, makes nothing
    expect(run, url)
    if git.asked(run, "-C", run.repo, "ls-remote", "--quiet", "--heads", "origin").code:
        raise ProgramFailed


def _init(run: Run, url: str) -> None:
    new = run.repo + ".new"
    tree.remove(new)
    if not git.logged(run, "init", "--quiet", "--bare", new) or not git.logged(run, "-C", new, "remote", "add", "origin", url):
        raise ProgramFailed
    os.rename(new, run.repo)
    run.report.note(f"made {run.repo}")


def _set_aside(run: Run) -> None:
    wrong = fault(run)
    if not wrong:
        return
    aside = run.repo + time.strftime(".spoilt-%Y%m%dT%H%M%SZ", time.gmtime())
    if os.path.lexists(aside):
        raise Failed(f"{aside} is there already", "type the same again")
    os.rename(run.repo, aside)
    run.report.warn(
        f"repo.git was spoilt ({wrong}): a new one is made, the next release fetches everything again,"
        f" and the old one is now {aside}"
    )


def _stranger(folder: str) -> str:
    """Something in this directory that is another user's, or cannot be read."""
    user = os.geteuid()
    problems: list[str] = []

    def remember(problem: OSError) -> None:
        problems.append(f"{problem.filename}: {problem.strerror}")

    for place, folders, files in os.walk(folder, onerror=remember):
        for path in (place, *(os.path.join(place, name) for name in (*folders, *files))):
            if os.lstat(path).st_uid != user:
                return path
    return problems[0] if problems else ""
