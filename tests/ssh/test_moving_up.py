"""From the version before to this one, on one host, and back: releases, history and locks of either are the other's too."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.config.inventory import PROJECT
from tests.support.fab import Ran, Site, finish, until

BEFORE = "314aa45"
"""The last commit whose host program was in bash."""

Make = Callable[..., Site]


class OldVersion:
    """`fab` of the version before, from a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, site: Site, *words: str) -> subprocess.Popen[str]:
        """Type `fab -H sandbox WORDS`, and do not wait."""
        return subprocess.Popen(
            [sys.executable, "-m", "fabric", "-H", "sandbox", *words],
            cwd=self.folder,
            env={**site.environment(), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def fab(self, site: Site, *words: str, code: int = 0) -> Ran:
        """Type it, to its end, which has to be `code`."""
        return finish(self.start(site, *words), code)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> OldVersion:
    there = subprocess.run(["git", "cat-file", "-e", f"{BEFORE}^{{commit}}"], cwd=PROJECT, capture_output=True, check=False)
    if there.returncode:
        pytest.fail(f"commit {BEFORE} is missing from this clone: git fetch --unshallow (or fetch-depth: 0 in CI)")
    folder = tmp_path_factory.mktemp("version-before")
    files = subprocess.run(["git", "archive", BEFORE], cwd=PROJECT, capture_output=True, check=True).stdout
    subprocess.run(["tar", "-x", "-C", folder], input=files, check=True)
    return OldVersion(folder)


@pytest.fixture(scope="module")
def ten(make: Make, old: OldVersion) -> tuple[Site, list[str]]:
    """A host that the version before has set up, and made ten releases on; their names, the oldest first."""
    site = make(setup=False, keep_releases=20)
    old.fab(site, "setup")
    names = []
    for _ in range(10):
        old.fab(site, "deploy", "--ref", "master")
        names.append(site.live)
    return site, names


def test_this_version_goes_on_where_the_one_before_stopped_and_that_one_can_go_on_again(
    ten: tuple[Site, list[str]], old: OldVersion
) -> None:
    site, names = ten
    assert site.states == {**dict.fromkeys(names, "good"), names[-1]: "live"}

    newer = site.deploy()
    assert newer not in names
    site.fab("rollback")
    assert site.live == names[-1]
    site.fab("rollback")
    assert site.live == names[-2]
    site.fab("rollback", "--to", names[2])
    assert site.live == names[2]
    site.fab("setup")

    states = site.states
    old.fab(site, "deploy", "--ref", "master")
    latest = site.live
    assert latest not in {*names, newer}
    assert site.states == {**states, names[2]: "good", latest: "live"}
    old.fab(site, "rollback")
    assert site.live == names[2]
    old.fab(site, "release", "--name", newer)
    assert site.live == newer


def test_a_run_of_either_version_locks_the_other_out(make: Make, old: OldVersion) -> None:
    site = make(apps={"web": {"bootstrap": ["touch ~/held; until [[ -e ~/go-on ]]; do sleep 0.05; done"]}})
    held, go_on = site.home / "held", site.home / "go-on"
    ours = site.start("build", "--ref", "master")
    until(held.exists, ours)
    assert "fab" in old.fab(site, "build", "--ref", "master", code=6).said
    go_on.touch()
    finish(ours, 0)
    until(lambda: not site.locked)

    held.unlink()
    go_on.unlink()
    theirs = old.start(site, "build", "--ref", "master")
    until(held.exists, theirs)
    site.fab("build", "--ref", "master", code=6)
    go_on.touch()
    finish(theirs, 0)
    go_on.unlink()
    held.unlink()


def test_a_hold_of_either_version_stops_the_other(make: Make, old: OldVersion) -> None:
    site = make()
    old.fab(site, "hold", "--reason", "stocktaking")
    assert "stocktaking" in site.fab("build", "--ref", "master", code=6).said
    site.fab("unhold")
    site.fab("hold", "--reason", "fair")
    assert "fair" in old.fab(site, "build", "--ref", "master", code=6).said
    old.fab(site, "unhold")
