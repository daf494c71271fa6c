"""The git of a build has all that origin has, and nothing that it writes outlives the build or reaches another one."""

import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.phases import build, report, setup
from tests.support.fab import until
from tests.support.host import LocalHost
from tests.support.origin import Origin, git

COMMON = "cd $(git rev-parse --git-common-dir)"
LEFT = {
    "a branch": "git checkout --quiet -b release",
    "a packed branch": "git branch release; git pack-refs --all",
    "a tag": "git tag release",
    "a stash": "echo more >>index.html; git -c user.name=x -c user.email=x stash --quiet",
    "a note": "git -c user.name=x -c user.email=x notes add -m x",
    "a commit": "git -c user.name=x -c user.email=x commit --quiet --allow-empty -m x",
    "another url": "git config remote.origin.url nowhere",
    "one url more": "git config --replace-all remote.origin.url nowhere; git config --add remote.origin.url {url}",
    "an url in another's place": "git config url.nowhere.insteadOf {url}",
    "a format": "git config core.repositoryformatversion 99",
    "a repository of its own": "git config remote.origin.url nowhere; rm -r .git; git init --quiet",
    "the same repository again": "git init --quiet && git config core.bare true",
    "no repository": "rm -rf .git",
    "another repository": "rm -r .git; git clone --quiet --no-checkout {url} x; mv x/.git .git; git remote remove origin",
    "another branch under the name of one": "git symbolic-ref refs/remotes/origin/master refs/remotes/origin/other",
    "a branch that moved": "git update-ref refs/remotes/origin/master refs/remotes/origin/other",
    "a branch of another remote": "git fetch --quiet {url} +refs/heads/*:refs/remotes/upstream/*",
    "a shallow history": "git -c protocol.file.allow=always fetch --quiet --depth=1 file://{url} master",
    "a graft": f"{COMMON}; mkdir -p info; git rev-parse HEAD >info/grafts",
    "an attribute": f"{COMMON}; mkdir -p info; echo '*.html text eol=crlf' >info/attributes",
    "a filter": f"git config filter.x.smudge 'sed s/h/b/'; {COMMON}; mkdir -p info; echo '*.html filter=x' >info/attributes",
    "a hook": f"{COMMON}; mkdir -p hooks; echo exit 1 >hooks/post-checkout",
    "a work tree": "git worktree add --quiet --detach ../../other HEAD; rm -r ../../other",
    "a sparse work tree": "git sparse-checkout set public; git sparse-checkout disable",
    "another repository's objects": f"{COMMON}; echo /nowhere >>objects/info/alternates",
}


def content(host: LocalHost) -> dict[str, object]:
    """All of repo.git but what every fetch writes."""
    files = {path.relative_to(host.repo): path for path in host.repo.rglob("*") if path.name != "FETCH_HEAD"}
    return {str(name): path.is_file() and path.read_bytes() for name, path in files.items()}


ENDS = [pytest.param(command, "true", id=name) for name, command in LEFT.items()] + [
    pytest.param(LEFT[name], end, id=f"{name}, {end}")
    for name in ("a branch", "a format", "an url in another's place")
    for end in ("exit 1", "kill -9 $PPID")
]


@pytest.mark.parametrize(("command", "end"), ENDS)
def test_the_git_of_a_build_writes_nothing_that_outlives_it(host: LocalHost, command: str, end: str) -> None:
    host.origin.commit({"index.html": "other\n"}, branch="other")
    host.origin.git("checkout", "--quiet", "master")
    host.release()
    before = content(host)
    host.use(apps={"web": {"bootstrap": [command.replace("{url}", host.origin.url), end]}})
    assert host.build().code == (0 if end == "true" else 3)
    assert content(host) == before
    host.use()
    planned = host.run(report.plan(host.environment), host.new_run("plan", ref="master"))
    name = host.release()
    assert planned.facts["commit"] == host.seal(name)["commit"] == host.origin.git("rev-parse", "master")
    assert (host.releases / name / "index.html").read_bytes() == b"hello\n"
    host.release(host.origin.first)
    host.assert_clean()


def test_another_environment_that_fetches_meanwhile_fetches_from_origin(host: LocalHost) -> None:
    host.release()
    other = Origin(host.folder / "other")
    other.commit({"index.html": "other\n"})
    there, go = host.folder / "there", host.folder / "go"
    command = f"git config url.{other.url}.insteadOf {host.origin.url}; touch {there}; until [ -e {go} ]; do sleep 0.1; done"
    host.use(apps={"web": {"bootstrap": [command]}})
    with host.lock("build") as locked:
        locked.keeper.ask(replace(locked.run, ref="master").request(build.build(host.environment), host.environment))
        until(there.exists)
        host.use(live_link="other", apps={})
        assert host.run(setup.setup(host.environment), host.new_run("setup")).code == 0
        assert host.build().facts["commit"] == host.origin.first
        go.touch()
        assert locked.keeper.answer().code == 0


def test_the_line_that_gives_repo_git_another_origin_holds_after_a_failed_build(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": ["git config core.x y; exit 1"]}})
    assert host.build().code == 3
    new = Origin(host.folder / "new")
    commit = new.commit({"index.html": "moved\n"})
    host.use(repository=new.url)
    ((_, line),) = host.build().all("fail")
    subprocess.run(shlex.split(line.partition(" # ")[0]), check=True)
    for _ in range(3):
        assert host.seal(host.release())["commit"] == commit


def test_of_two_origins_the_one_that_git_fetches_from_is_compared(host: LocalHost) -> None:
    git(host.repo, "config", "--replace-all", "remote.origin.url", "/nowhere")
    git(host.repo, "config", "--add", "remote.origin.url", host.origin.url)
    done = host.build()
    assert (done.code, "another origin: /nowhere" in done.failure) == (3, True)


def test_a_build_can_ask_git_what_it_is_made_of(host: LocalHost) -> None:
    host.origin.git("-c", "user.name=x", "-c", "user.email=x", "tag", "-a", "v1", "-m", "v1")
    host.origin.commit({"new": "x"})
    host.origin.commit({"far": "x"}, branch="far")
    host.origin.git("checkout", "--quiet", "master")
    asked = (
        "git describe --tags",
        "git log -1 --format=%s origin/far",
        "git status --porcelain",
        "git fetch",
        "git gc --quiet",
    )
    host.use(apps={"web": {"bootstrap": [f"{each} >>{host.folder}/said" for each in asked]}})
    host.release()
    described, subject, *others = (host.folder / "said").read_text().split("\n")
    assert described.startswith("v1-1-g")
    assert (subject, others) == (host.origin.git("log", "-1", "--format=%s", "far"), [""])


@pytest.mark.parametrize("format", ["files", "reftable"])
def test_what_git_keeps_refs_in_is_no_matter(host: LocalHost, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DEFAULT_REF_FORMAT", format)
    shutil.rmtree(host.repo)
    git(host.builds, "init", "--quiet", "--bare", "repo.git")
    git(host.repo, "remote", "add", "origin", host.origin.url)
    host.assert_live(host.release())


def test_what_lfs_has_fetched_is_kept_for_later_builds(host: LocalHost) -> None:
    host.use(apps={"web": {"bootstrap": [f"git config lfs.storage >{host.folder}/said"]}})
    host.release()
    assert Path((host.folder / "said").read_text().strip()) == host.repo / "lfs"
