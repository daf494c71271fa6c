"""A ref is a branch, a tag or a commit that origin has now; it is never an option, an expression, or a command."""

import contextlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tasks.host.build import ref as refs
from tasks.host.failure import Failed
from tests.functions.made import Made
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot

HOSTILE = (
    *("--upload-pack=touch ran", "-x", "--", "--all", "-h"),
    *("master~1", "v1^{}", "@{u}", "master@{0}", ":/change", "master:index.html", "HEAD^", "@", "^master", "master..master"),
    *("two words", "new\nline", "$(touch ran)", "`touch ran`", "; touch ran", "'", '"', "a\tb", "a\\b", "*", "refs/heads/*"),
    *("", "/", "..", "../tags/v1", "refs/heads/", "refs/remotes/origin/master", "origin/master", "é" * 300),
)


@pytest.fixture
def host(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> LocalHost:
    """A host that is this process, set up, with nothing live."""
    monkeypatch.setenv("HOME", str(host.home))
    return host


def commit_of(host: LocalHost, ref: str) -> str:
    """The commit that a ref is resolved to, against what origin has now."""
    run = Made("plan", ref=ref)
    refs.fetch(run, host.environment.repository)
    refs.resolve(run)
    assert run.facts == {"commit": run.commit}
    return run.commit


def refused(host: LocalHost, ref: str) -> Failed:
    """Why a ref is refused."""
    with pytest.raises(Failed) as refusal:
        commit_of(host, ref)
    assert refusal.value.code == 3
    return refusal.value


@pytest.mark.parametrize("ref", ["feature/x", "refs/heads/feature/x", "ünï-cødé", "it's", "a$HOME", "-dash", "beef", "HEAD1"])
def test_a_branch_is_its_newest_commit(host: LocalHost, ref: str) -> None:
    name = ref.removeprefix("refs/heads/")
    found = host.origin.commit({"x": name})
    host.origin.git("update-ref", f"refs/heads/{name}", found)
    host.origin.git("reset", "--quiet", "--hard", "HEAD~1")
    assert commit_of(host, ref) == found


@pytest.mark.parametrize("annotated", [False, True])
@pytest.mark.parametrize("ref", ["v1", "refs/tags/v1"])
def test_a_tag_is_the_commit_behind_it(host: LocalHost, ref: str, annotated: bool) -> None:
    host.origin.tag("v1", annotated=annotated)
    host.origin.commit({"x": "later"})
    assert commit_of(host, ref) == host.origin.first


@pytest.mark.parametrize("length", [7, 12, 40])
def test_a_commit_is_found_by_its_hash_full_or_short_in_either_case(host: LocalHost, length: int) -> None:
    host.origin.commit({"x": "later"})
    short = host.origin.first[:length]
    assert commit_of(host, short) == commit_of(host, short.upper()) == host.origin.first


def test_a_commit_that_only_a_tag_reaches_is_found(host: LocalHost) -> None:
    lost = host.origin.commit({"x": "on a branch"}, branch="short-lived")
    host.origin.tag("kept", annotated=True)
    host.origin.delete("short-lived")
    assert commit_of(host, lost[:10]) == lost


def test_a_commit_that_nothing_reaches_any_more_is_refused(host: LocalHost) -> None:
    lost = host.origin.commit({"x": "lost"})
    assert commit_of(host, lost) == lost
    host.origin.force("master", host.origin.first)
    assert "on no branch and no tag" in refused(host, lost).what


def test_of_a_commit_that_the_other_hosts_have_no_other_ref_is_asked_for(host: LocalHost) -> None:
    lost = commit_of(host, host.origin.commit({"x": "lost"}))
    host.origin.force("master", host.origin.first)
    run = Made("build", commit=lost)
    refs.fetch(run, host.environment.repository)
    with pytest.raises(Failed) as refusal:
        refs.resolve(run)
    assert refusal.value.next == "# push it to a branch, or deploy another ref to all hosts"
    assert refused(host, lost).next == "# push it to a branch, or name another ref"


def test_a_commit_that_was_never_there_is_refused(host: LocalHost) -> None:
    assert "0123456789" in refused(host, "0123456789" * 4).what


def test_a_tag_spelt_like_a_hash_is_not_taken_for_another_spelling(host: LocalHost) -> None:
    host.origin.tag("cafe")
    assert commit_of(host, "cafe") == host.origin.first
    refused(host, "CAFE")


def test_a_branch_and_a_tag_of_one_name_with_two_commits_are_refused_until_one_is_named(host: LocalHost) -> None:
    host.origin.tag("both")
    later = host.origin.commit({"x": "later"}, branch="both")
    assert refused(host, "both").next == "# name the one you mean: --ref refs/heads/both or --ref refs/tags/both"
    assert commit_of(host, "refs/heads/both") == later
    assert commit_of(host, "refs/tags/both") == host.origin.first


def test_a_branch_and_a_tag_of_one_name_with_one_commit_are_fine(host: LocalHost) -> None:
    host.origin.git("branch", "both")
    host.origin.tag("both", "refs/heads/both", annotated=True)
    assert commit_of(host, "both") == host.origin.first


def test_a_branch_that_was_forced_is_what_origin_has_now(host: LocalHost) -> None:
    gone = host.origin.commit({"x": "regretted"})
    assert commit_of(host, "master") == gone
    host.origin.force("master", host.origin.first)
    assert commit_of(host, "master") == host.origin.first


def test_a_tag_that_was_moved_is_what_origin_has_now(host: LocalHost) -> None:
    host.origin.tag("latest")
    assert commit_of(host, "latest") == host.origin.first
    moved = host.origin.commit({"x": "later"})
    host.origin.git("tag", "--force", "latest")
    assert commit_of(host, "latest") == moved


def test_a_branch_that_was_deleted_is_unknown_and_the_newest_are_named(host: LocalHost) -> None:
    host.origin.commit({"x": "doomed"}, branch="doomed")
    commit_of(host, "doomed")
    host.origin.delete("doomed")
    refusal = refused(host, "doomed")
    assert "doomed" in refusal.what
    assert "master" in refusal.next


def test_a_branch_may_become_the_folder_of_others(host: LocalHost) -> None:
    host.origin.git("branch", "topic")
    commit_of(host, "topic")
    host.origin.git("branch", "--move", "topic", "topic/one")
    assert commit_of(host, "topic/one") == host.origin.first


def test_a_tag_of_a_tag_is_the_commit_behind_both(host: LocalHost) -> None:
    host.origin.tag("inner", annotated=True)
    host.origin.tag("outer", "inner", annotated=True)
    host.origin.commit({"x": "later"})
    assert commit_of(host, "outer") == host.origin.first


def test_a_tag_of_something_that_is_no_commit_is_refused(host: LocalHost) -> None:
    host.origin.tag("text", "HEAD:index.html", annotated=True)
    refused(host, "text")


@pytest.mark.parametrize("ref", HOSTILE)
def test_a_ref_is_never_an_option_an_expression_or_a_command(host: LocalHost, ref: str) -> None:
    host.origin.tag("v1")
    host.origin.commit({"x": "later"})
    refused(host, ref)
    assert not list(host.folder.rglob("ran"))


@given(ref=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
@example(ref="\u2028")
@example(ref="\0")
@example(ref="\ud800")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_as_a_ref_ends_in_a_commit_or_a_refusal(host: LocalHost, ref: str) -> None:
    before = snapshot(host.home)
    run = Made("plan", ref=ref)
    with contextlib.suppress(Failed):
        refs.resolve(run)
    assert re.fullmatch("([0-9a-f]{40})?", run.commit)
    assert snapshot(host.home) == before


def test_a_repository_of_another_origin_is_refused(host: LocalHost) -> None:
    host.use(repository=f"{host.origin.url}/.git")
    assert "belongs to another origin" in refused(host, "master").what


@pytest.mark.parametrize("ref", ["feature/it's-a-$\u2028x", "ü"])
def test_what_was_asked_for_stands_in_the_seal_and_in_history(host: LocalHost, ref: str) -> None:
    host.origin.git("branch", ref)
    name = host.release(ref)
    assert host.seal(name)["ref"] == ref
    assert [entry["ref"] for entry in host.history() if entry["event"] == "sealed"] == [ref]
    assert host.state()["live"]["ref"] == ref


def test_the_commit_is_what_is_built(host: LocalHost) -> None:
    host.origin.commit({"index.html": "second\n"})
    name = host.release(host.origin.first[:8])
    assert (host.live / "index.html").read_text() == "hello\n"
    assert host.seal(name)["commit"] == host.origin.first


@pytest.fixture
def asked(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each git that is started leaves its words and its environment."""
    monkeypatch.setenv("PATH", f"{host.shims}:{os.environ['PATH']}")
    file = host.folder / "asked"
    host.shim("git", f'echo "$*" >>"{file}"; env >"{file}.env"\nexec $REAL "$@"')
    return file


def test_git_never_asks_anybody(host: LocalHost, asked: Path) -> None:
    commit_of(host, "master")
    given = Path(f"{asked}.env").read_text()
    assert "GIT_TERMINAL_PROMPT=0" in given
    assert re.search(r"GIT_SSH_COMMAND=ssh .*BatchMode=yes", given)


def test_an_ssh_command_of_the_user_is_taken_with_our_options(
    host: LocalHost, asked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.home.joinpath(".gitconfig").write_text("[core]\n\tsshCommand = ssh -i ~/key\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(host.home / ".gitconfig"))
    commit_of(host, "master")
    assert re.search(r"GIT_SSH_COMMAND=ssh -i ~/key .*BatchMode=yes", Path(f"{asked}.env").read_text())
    monkeypatch.setenv("GIT_SSH_COMMAND", "ssh -4")
    commit_of(host, "master")
    assert re.search(r"GIT_SSH_COMMAND=ssh -4 .*BatchMode=yes", Path(f"{asked}.env").read_text())


@pytest.mark.parametrize(("ref", "times"), [("master", 3), ("v1", 3), ("refs/heads/master", 3)])
def test_git_is_asked_as_little_as_can_be(host: LocalHost, asked: Path, ref: str, times: int) -> None:
    host.origin.tag("v1", annotated=True)
    commit_of(host, ref)
    ours = [line for line in asked.read_text().splitlines() if " --git-dir=" in line]
    assert len(ours) == times, ours
