"""What a post-release said when it failed: kept by one user for one other, told masked, and gone."""

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.phases import cutover, post_release
from tasks.shell.run import Run
from tests.support.host import LocalHost, Locked

SECRET = "correct-horse-battery-staple"  # noqa: S105


@pytest.fixture
def host(tmp_path: Path) -> LocalHost:
    """A host whose live release has a runtime file, and a service whose command tells what is in it."""
    tells = f"cat {tmp_path}/home/source/.env.local; seq 40; cat {tmp_path}/home/source/.env.local; exit 3"
    host = LocalHost(tmp_path, runtime_files=[".env.local"], services=[{"run": tells}]).set_up()
    (host.home / "runtime" / "source" / ".env.local").write_text(f"TOKEN={SECRET}\n")
    host.release()
    return host


def test_the_last_words_go_to_a_file_of_ones_own_and_not_over_the_wire(host: LocalHost) -> None:
    ran = host.run(post_release.post_release(host.environment), host.new_run("post-release"))
    assert ran.code == 3
    assert SECRET not in ran.texts("tail") + ran.texts("line") + ran.failure + ran.stderr
    file = Path(ran.facts["said"])
    assert file.stat().st_mode & 0o7707 == 0o600
    assert file.read_text().count("\n") == 20
    assert SECRET in file.read_text()


def of_live(host: LocalHost, locked: Locked) -> Run:
    """The run, of what is live."""
    return replace(locked.run, release=host.live.readlink().name)


def test_they_are_told_masked_and_then_removed(host: LocalHost) -> None:
    ran = host.run(post_release.post_release(host.environment), host.new_run("post-release"))
    with host.lock("post-release") as locked:
        told = host.run(cutover.finish(host.environment, "failed", ran.facts["said"]), of_live(host, locked))
    assert told.code == 0
    assert "TOKEN=****" in told.texts("tail")
    assert SECRET not in told.texts("tail")
    host.run(post_release.forget(host.environment, ran.facts["said"]), host.new_run("post-release"))
    assert list(host.temporary.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "directory", "nothing"])
def test_what_is_not_that_file_is_not_read(host: LocalHost, kind: str) -> None:
    place = host.folder / "place"
    if kind == "link":
        place.symlink_to("/etc/passwd")
    elif kind == "directory":
        place.mkdir()
    with host.lock("post-release") as locked:
        told = host.run(cutover.finish(host.environment, "failed", str(place)), of_live(host, locked))
    assert told.code == 0
    assert "is on the host, in" in told.texts("tail")
    assert "root:" not in told.texts("tail")
