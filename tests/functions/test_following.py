"""How a job begins, and how it is followed from any event on."""

from dataclasses import replace

import pytest

from tasks.phases import build as build_phase
from tasks.phases import lock as lock_phases
from tests.support.host import LocalHost
from tests.support.snapshot import snapshot


def test_a_log_that_cannot_be_written_is_named_before_anything_is_begun(host: LocalHost) -> None:
    with host.lock() as locked:
        (host.state_dir / "logs" / f"{locked.run.release}.log").mkdir(parents=True)
        done = host.run(build_phase.build(host.environment), replace(locked.run, ref="master"))
    assert (done.code, done.failure) == (3, f"cannot write to {host.state_dir}: Is a directory")
    assert not (host.state_dir / "history").exists()


def test_a_job_that_is_followed_again_reports_what_came_since_and_nothing_else(host: LocalHost) -> None:
    events = host.build().events
    (job,) = host.state_dir.glob("jobs/*-build")
    assert host.run(lock_phases.follow(job.name, seen=5), host.new_run("attach")).events == events[5:]


@pytest.mark.parametrize("name", ["../evil", "source-20260101T000000Z/../../evil", "other-20260101T000000Z", ".", ""])
def test_a_build_under_a_name_that_is_no_releases_begins_nothing(host: LocalHost, name: str) -> None:
    before = snapshot(host.home)
    with host.lock() as locked:
        done = host.run(build_phase.build(host.environment), replace(locked.run, ref="master", release=name))
    assert done.code == 3
    assert "is no name of a release" in done.failure
    assert not (host.state_dir / "history").exists()
    assert {path for path in snapshot(host.home).keys() - before.keys() if "evil" in path} == set()
