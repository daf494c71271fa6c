"""What a plan reports: from the commit that is live to the one that would be, and what would be pruned."""

import pytest

from tasks.host import plan, prune
from tasks.host.build import ref
from tests.functions.made import Made
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot


def planned(host: LocalHost, name: str = "master", keep: int = 5) -> dict[str, str]:
    """The facts of a plan on this host, in this process."""
    run = Made("plan", ref=name)
    ref.fetch(run, host.environment.repository)
    ref.resolve(run)
    plan.commits(run)
    prune.would_go(run, keep)
    return run.facts


@pytest.fixture
def host(host: LocalHost, monkeypatch: pytest.MonkeyPatch) -> LocalHost:
    """A host that is this process, set up, with nothing live."""
    monkeypatch.setenv("HOME", str(host.home))
    return host


def test_while_nothing_is_live_there_is_only_what_would_be(host: LocalHost) -> None:
    assert planned(host) == {"commit": host.origin.first, "subject": "a change", "prune": ""}


def test_commits_files_and_migrations_since_what_is_live(host: LocalHost) -> None:
    name = host.release()
    host.origin.commit({"migrations/Version1.php": "", "src/Migrations/Version2.php": "", "index.html": "new\n", "é": ""})
    before = snapshot(host.releases)
    facts = planned(host)
    assert (facts["base"], facts["commit_count"], facts["left_out"]) == (host.seal(name)["commit"], "1", "0")
    assert facts["commits"].endswith(" a change (Anna Berg, " + facts["commits"][-11:])
    assert facts["file_count"] == "4"
    assert facts["files"].startswith(" ")
    assert facts["migrations"].split("\n") == ["migrations/Version1.php", "src/Migrations/Version2.php"]
    assert snapshot(host.releases) == before


def test_commits_that_would_be_left_out_are_counted(host: LocalHost) -> None:
    host.origin.commit({"index.html": "regretted\n"})
    host.release()
    host.origin.force("master", host.origin.first)
    facts = planned(host)
    assert (facts["commit_count"], facts["left_out"]) == ("0", "1")


def test_what_would_be_pruned_counts_the_release_itself(host: LocalHost) -> None:
    names = [host.release() for _ in range(3)]
    host.finish(names[-1])
    assert planned(host, keep=2)["prune"].split("\n") == [names[1], names[0]]


def test_a_commit_that_is_live_and_unknown_to_repo_git_is_no_base(host: LocalHost) -> None:
    name = host.release()
    seal = host.releases / name / "release.json"
    seal.write_text(seal.read_text().replace(host.origin.first, "0" * 40))
    assert "base" not in planned(host)
