"""How a job begins, and how it is followed from any event on."""

from dataclasses import replace

from tasks.phases import build as build_phase
from tasks.phases import lock as lock_phases
from tests.support.host import LocalHost


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
