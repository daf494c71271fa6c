"""Post-release as a host is asked for it: whole phases, in a conversation."""

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.host.services.processes import process
from tasks.phases import cutover
from tasks.phases.post_release import forget, post_release
from tests.support.fab import until
from tests.support.host import LocalHost

SECRET = "correct-horse-battery-staple"  # noqa: S105


def test_a_workstation_that_goes_away_ends_the_running_command_and_all_that_it_started(bare_host: LocalHost) -> None:
    started = bare_host.folder / "started"
    bare_host.use(services=[{"run": f"sleep 1000 & echo $! >{started}.new; mv {started}.new {started}; wait"}])
    with bare_host.start(post_release(bare_host.environment), bare_host.new_run("post-release")) as talk:
        talk.until("lane", "start")
        until(started.exists)
        talk.hang_up()
        assert talk.end().code == 130
    assert process(int(started.read_text())) is None


def test_a_workstation_that_goes_away_ends_the_waiting_for_health(bare_host: LocalHost) -> None:
    bare_host.use(health=[{"url": "http://127.0.0.1:1/", "within": 300}])
    with bare_host.start(post_release(bare_host.environment), bare_host.new_run("post-release")) as talk:
        talk.until("line", "health")
        talk.hang_up()
        assert talk.end().code == 130


def test_a_command_has_the_service_users_own_environment_and_what_is_released(bare_host: LocalHost) -> None:
    file = bare_host.folder / "environment"
    command = f"printf '%s ' $PWD $LIVE_LINK_NAME $RELEASE_NAME $RELEASE_PATH $SITE >{file}"
    bare_host.use(services=[{"run": command}], env={"SITE": "of-the-release-user"}, path=["/of-the-release-user"])
    run = bare_host.new_run("post-release", release="source-20260101T000000Z", path="/r/source-20260101T000000Z")
    assert bare_host.run(post_release(bare_host.environment), run).code == 0
    assert file.read_text().split() == [str(bare_host.home), "source", "source-20260101T000000Z", run.path]


def test_a_step_that_failed_is_the_last(bare_host: LocalHost) -> None:
    bare_host.use(services=[{"run": "true"}, {"run": "false"}, {"run": "true"}])
    ran = bare_host.run(post_release(bare_host.environment), bare_host.new_run("post-release"))
    assert (ran.code, ran.steps, ran.failure) == (3, ["run true"], "run: 'false' exited 1")


@pytest.fixture
def released(tmp_path: Path) -> LocalHost:
    """A host whose live release has a runtime file, and a service whose command prints what is in it."""
    prints = f"cat {tmp_path}/home/source/.env.local; exit 3"
    host = LocalHost(tmp_path, runtime_files=[".env.local"], services=[{"run": prints}]).set_up()
    (host.home / "runtime" / "source" / ".env.local").write_text(f"TOKEN={SECRET}\n")
    host.release()
    return host


def test_what_a_service_printed_is_reported_by_the_release_user_masked_and_removed(released: LocalHost) -> None:
    ran = released.run(post_release(released.environment), released.new_run("post-release"))
    file = ran.facts["said"]
    assert SECRET in Path(file).read_text()
    with released.lock("post-release") as locked:
        run = replace(locked.run, release=released.live.readlink().name)
        reported = released.run(cutover.finish("failed", file), run)
    released.run(forget(released.environment, file), released.new_run("post-release"))
    assert reported.code == 0
    assert "TOKEN=****" in reported.texts("tail")
    assert SECRET not in " ".join(str(event.words) for each in (ran, reported) for event in each.events)
    assert list(released.temporary.iterdir()) == []
