"""From a ref to one commit that origin has now. A ref is never an option and never an expression."""

from __future__ import annotations

import re

from tasks.host import git, repository
from tasks.host.failure import Failed
from tasks.host.run import Run

BRANCHES, TAGS = "refs/remotes/origin/", "refs/tags/"
FETCH = ("fetch", "--prune", "--force", "--no-tags", "--no-auto-gc", "--no-recurse-submodules", "--quiet", "origin")
NO_ARGUMENT = r"[\0\ud800-\udfff]"  # no program can be given such a text
FORMAT = "%(refname) %(objecttype) %(objectname) %(*objecttype) %(*objectname)"


def fetch(run: Run, url: str) -> None:
    """Fetch all that origin has now, forced and deleted branches included, into remote-tracking names."""
    repository.expect(run, url)
    refs = (f"+refs/heads/*:{BRANCHES}*", f"+{TAGS}*:{TAGS}*")
    with repository.locked(run):
        done = git.logged(run, git.there(run), "-c", "fetch.unpackLimit=1", *FETCH, *refs)
    if not done:
        repository.failed(run)


def resolve(run: Run) -> None:
    """Resolve the run's ref, a branch, tag or commit, to the full hash of one commit, where none is given."""
    if run.commit:
        _require(run)
    else:
        run.commit = _resolved(run, run.ref)
    run.report.fact("commit", run.commit)


def _resolved(run: Run, name: str) -> str:
    named = _named(run, name)
    branch, tag = named.get("branch", ""), named.get("tag", "")
    if branch and tag and branch != tag:
        what = f"{name} is both a branch ({branch[:12]}) and a tag ({tag[:12]})"
        raise Failed(what, f"# name the one you mean: --ref refs/heads/{name} or --ref refs/tags/{name}")
    commit = branch or tag or _by_hash(run, name.lower())
    if not commit:
        newest = ("for-each-ref", "--count=8", "--sort=-committerdate", "--format=%(refname:lstrip=3)", BRANCHES)
        names = " ".join(git.asked(run, git.there(run), *newest).text.split("\n"))
        what = f"origin has no branch, tag or commit {name!r}"
        raise Failed(what, f"# name one that is there; the newest branches: {names or 'none'}")
    return commit


def _require(run: Run) -> None:
    """The commit that this release has on the other hosts. Raises Failed where origin has it no more."""
    if _by_hash(run, run.commit) != run.commit:
        what = f"origin has no commit {run.commit} any more, which this release has on the other hosts"
        raise Failed(what, _unreached(run))


def _named(run: Run, name: str) -> dict[str, str]:
    """The commits of the `branch` and of the `tag` of this name, those that are there."""
    if name.startswith("refs/heads/"):
        wanted = {BRANCHES + name[len("refs/heads/") :]: "branch"}
    elif name.startswith(TAGS):
        wanted = {name: "tag"}
    else:
        wanted = {BRANCHES + name: "branch", TAGS + name: "tag"}
    if re.search(NO_ARGUMENT, name):
        return {}
    done = git.asked(run, git.there(run), "for-each-ref", f"--format={FORMAT}", *wanted)
    if done.code:
        repository.failed(run)
    rows = (line.split(" ") for line in done.output.decode("utf-8", "surrogateescape").split("\n") if line)
    commits = (
        (row[0], dict(zip(row[1::2], row[2::2])).get("commit") or _peeled(run, row[2])) for row in rows if row[0] in wanted
    )
    return {wanted[ref]: commit for ref, commit in commits if commit}


def _by_hash(run: Run, hash: str) -> str:
    """A full or short commit; only one that a branch or a tag of origin still reaches."""
    found = _peeled(run, hash) if re.fullmatch("[0-9a-f]{4,64}", hash) else ""
    if not found or not found.startswith(hash):  # none, or that of a tag which is spelt like a hash
        return ""
    if not git.asked(run, git.there(run), "for-each-ref", "--count=1", "--contains", found, BRANCHES, TAGS).output:
        what = f"commit {found} is on no branch and no tag of origin any more"
        raise Failed(what, _unreached(run))
    return found


def _unreached(run: Run) -> str:
    """What to do about a commit: where the other hosts have it, no option of the verb names another."""
    return "# push it to a branch, or " + ("deploy another ref to all hosts" if run.commit else "name another ref")


def _peeled(run: Run, name: str) -> str:
    return git.asked(run, git.there(run), "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}").text
