"""What a release would do, read from the host. Nothing is written but what a fetch brings into repo.git."""

from __future__ import annotations

import re

from tasks.host import git, prune, releases
from tasks.host.run import Run

LONGEST = 30  # lines of each list


def commits(run: Run) -> None:
    """From what is live to what would be."""
    new = run.commit
    run.report.fact("subject", _repo(run, "log", "-1", "--format=%s", new))
    base = _live_commit(run)
    if not base:
        return
    left_out, count = _repo(run, "rev-list", "--left-right", "--count", f"{base}...{new}").split()
    run.report.fact("base", base)
    run.report.fact("commit_count", count)
    run.report.fact("left_out", left_out)
    log = _repo(run, "log", f"--max-count={LONGEST}", "--format=%h %s (%an, %cs)", f"{base}..{new}")
    run.report.fact("commits", log)
    run.report.fact("file_count", str(len(_names(run, base))))
    run.report.fact("files", _repo(run, "diff", "--stat=100", f"--stat-count={LONGEST}", base, new))
    added = _names(run, base, "--diff-filter=A")
    found = [name for name in added if re.search(r"(^|/)migrations/", name, re.I)]
    run.report.fact("migrations", "\n".join(found[:LONGEST]))


def pruned(run: Run, keep: int) -> None:
    """What a release would prune, with itself counted in."""
    run.report.fact("prune", "\n".join(prune.would_go(run, keep)))


def _live_commit(run: Run) -> str:
    """The commit of what is live, "" where repo.git does not have it."""
    commit = (releases.seal_of(run, releases.live(run)) or {}).get("commit")
    known = isinstance(commit, str) and not git.asked(run, "-C", run.repo, "cat-file", "-e", f"{commit}^{{commit}}").code
    return str(commit) if known else ""


def _names(run: Run, base: str, *options: str) -> list[str]:
    return _repo(run, "diff", "--name-only", *options, base, run.commit).splitlines()


def _repo(run: Run, *words: str) -> str:
    return git.asked(run, "-C", run.repo, *words).output.decode("utf-8", "replace").rstrip("\n")
