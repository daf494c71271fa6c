"""What makes git fail is no spoilt repo.git, and what needs no repo.git asks for none."""

import shutil
from pathlib import Path

import pytest

from tasks.phases import lock, report, setup
from tests.support.host import LocalHost
from tests.support.origin import git
from tests.support.snapshot import snapshot


@pytest.fixture
def settings(host: LocalHost) -> Path:
    """The release user's settings of git."""
    file = host.home / ".gitconfig"
    host.variables["GIT_CONFIG_GLOBAL"] = str(file)
    return file


def test_settings_that_git_cannot_read_are_told_in_its_words_and_repo_git_stays(host: LocalHost, settings: Path) -> None:
    host.release()
    settings.write_text("[core\n")
    before = snapshot(host.repo)
    for done in (host.build(), host.run(setup.setup(host.environment), host.new_run("setup"))):
        assert done.code == 3
        assert "bad config line 1" in done.texts("tail")
        assert "spoilt" not in done.failure
    assert snapshot(host.repo) == before
    assert list(host.builds.glob("repo.git.*")) == [host.builds / "repo.git.lock"]


def test_a_git_that_finds_no_bare_repository_by_itself_is_told_where_it_is(host: LocalHost, settings: Path) -> None:
    settings.write_text("[safe]\n\tbareRepository = explicit\n")
    host.assert_live(host.release())
    assert host.run(setup.setup(host.environment), host.new_run("setup")).code == 0
    host.assert_clean()


def test_going_back_and_looking_need_no_repo_git(host: LocalHost) -> None:
    first, _ = host.release(), host.release()
    shutil.rmtree(host.repo)
    for phase in (report.state(), report.history(), report.logs(""), lock.hold("no"), lock.unhold()):
        assert host.run(phase, host.new_run("status")).code == 0
    assert host.cut_over(verb="rollback").code == 0
    host.assert_live(first)
    done = host.build()
    assert (done.code, "fab -H prod setup" in done.texts("fail")) == (3, True)


def test_git_runs_the_ssh_that_is_named_for_it(host: LocalHost) -> None:
    ssh = host.folder / "an ssh"
    ssh.write_text(f"#!/bin/bash\ntouch {host.folder}/asked\nexit 1\n")
    ssh.chmod(0o755)
    host.variables["GIT_SSH"] = str(ssh)
    host.use(repository="ssh://git.example/site.git")
    git(host.repo, "remote", "set-url", "origin", "ssh://git.example/site.git")
    assert host.build().code == 3
    assert (host.folder / "asked").exists()
