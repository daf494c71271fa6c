"""What a release would do, read from the host. Nothing is written but what a fetch brings into repo.git."""

from __future__ import annotations

import re

from tasks.host import git, releases
from tasks.host.run import Run

LONGEST = 30  # lines of each list


def commits(run: Run) -> None:
    """From what is live to what would be."""
    new = run.commit
    run.report.fact("subject", _repo(run, "log", "-1", "--format=%s", new))
    base = (releases.seal_of(run, releases.live(run)) or {}).get("commit")
    if not isinstance(base, str) or git.asked(run, git.there(run), "cat-file", "-e", f"{base}^{{commit}}").code:
        return  # nothing of ours is live, or repo.git does not have it
    left_out, count = _repo(run, "rev-list", "--left-right", "--count", f"{base}...{new}").split()
    added = _lines(run, "diff", "--name-only", "--diff-filter=A", base, new)
    facts = {
        "base": base,
        "commit_count": count,
        "left_out": left_out,
        "commits": _repo(run, "log", f"--max-count={LONGEST}", "--format=%h %s (%an, %cs)", f"{base}..{new}"),
        "file_count": str(len(_lines(run, "diff", "--name-only", base, new))),
        "files": _repo(run, "diff", "--stat=100", f"--stat-count={LONGEST}", base, new),
        "migrations": "\n".join([name for name in added if re.search(r"(^|/)migrations/", name, re.I)][:LONGEST]),
    }
    for key, value in facts.items():
        run.report.fact(key, value)


def _repo(run: Run, *words: str) -> str:
    return git.asked(run, git.there(run), *words).output.decode("utf-8", "replace").rstrip("\n")


def _lines(run: Run, *words: str) -> list[str]:
    return [line for line in _repo(run, *words).split("\n") if line]
