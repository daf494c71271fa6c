"""A workstation that dies or gives up in the middle: the host tidies up by itself, or the next run does; nobody has to."""

import signal

import pytest

from tests.support.acme import Acme
from tests.support.fab import Ran, finish, until
from tests.support.forked import Forked

HELD = {"web": {"bootstrap": ["touch /tmp/building; until [ -e /tmp/enough ]; do sleep 0.05; done", "bash build.sh"]}}
DAEMONS = {"web": {"bootstrap": ["sleep 600 & touch /tmp/building; sleep 600"]}, "api": {"bootstrap": ["sleep 601 | cat"]}}


def building(acme: Acme, apps: object) -> Forked:
    """A deploy of apps whose bootstrap is on its way."""
    acme.write(apps=apps)
    run = acme.start("deploy", "--ref", "master")
    until(lambda: acme.host.run("test -e /tmp/building").returncode == 0, run)
    return run


def killed(run: Forked) -> None:
    """SIGKILL: no chance to say goodbye; the kernel closes its sockets."""
    run.kill()
    run.communicate()


def interrupted(run: Forked) -> Ran:
    """Ctrl-C, and what is printed then."""
    run.send_signal(signal.SIGINT)
    return finish(run, 130)


@pytest.fixture
def live(acme: Acme) -> Acme:
    """The site, with a release that is live."""
    acme.deploy()
    acme.push({"page": "second\n"})
    return acme


def test_killed_workstation_leaves_live_as_it_was(live: Acme) -> None:
    before = live.live
    killed(building(live, HELD))
    live.host.sh("touch /tmp/enough")
    until(lambda: live.host.processes() == [])
    assert (live.live, live.page()) == (before, "first")


def test_job_of_a_killed_workstation_ends_by_itself(live: Acme) -> None:
    killed(building(live, HELD))
    live.host.sh("touch /tmp/enough")
    until(lambda: live.host.processes() == [])
    assert live.status["lock"] is None


def test_job_of_a_killed_workstation_keeps_the_next_run_out_by_name(live: Acme) -> None:
    killed(building(live, HELD))
    said = live.deploy(code=6).err
    assert "deploy master" in said


def test_next_deploy_after_a_killed_workstation_works_and_leaves_nothing_over(live: Acme) -> None:
    killed(building(live, HELD))
    live.host.sh("touch /tmp/enough")
    until(lambda: live.host.processes() == [])
    live.deploy()
    assert live.page() == "second"
    assert live.left_over() == []


def test_deploy_after_a_job_was_killed_too_works_and_leaves_nothing_over(live: Acme) -> None:
    run = building(live, DAEMONS)
    killed(run)
    live.host.sh("kill -KILL $(ps -U ftsuser -o pid=)")
    assert live.left_over() != []
    live.write()
    live.deploy()
    assert live.page() == "second"
    assert live.left_over() == []


def test_killed_workstation_is_noticed_without_a_job(live: Acme) -> None:
    live.write(services=[{"run": "touch /tmp/building; until [ -e /tmp/enough ]; do sleep 0.05; done"}])
    run = live.start("deploy", "--ref", "master")
    until(lambda: live.host.run("test -e /tmp/building").returncode == 0, run)
    killed(run)
    until(lambda: live.host.processes() + live.host.processes("ubuntu") == [])
    assert live.status["lock"] is None
    assert live.status["post_release_pending"]


def test_interrupt_ends_them_on_a_host_that_allows_one_session(live: Acme) -> None:
    """Another login asks for it, as the one session is busy with the build."""
    live.allow_one_session()
    said = interrupted(building(live, DAEMONS)).err
    until(lambda: live.host.processes() == [])
    assert "may still be running" not in said
    assert "refuses another session" not in said
    live.write()
    live.deploy()


def test_interrupt_ends_every_process_of_the_run(live: Acme) -> None:
    interrupted(building(live, DAEMONS))
    until(lambda: live.host.processes() == [])


def test_interrupt_removes_the_partial_build(live: Acme) -> None:
    before = live.names
    interrupted(building(live, DAEMONS))
    assert live.left_over() == []
    assert live.names == before


def test_interrupt_frees_the_lock(live: Acme) -> None:
    interrupted(building(live, DAEMONS))
    live.write()
    live.deploy()
    assert live.page() == "second"


def test_interrupt_says_what_is_live(live: Acme) -> None:
    said = interrupted(building(live, DAEMONS)).err
    assert live.live in said
    assert "interrupted" in said


def test_interrupt_does_not_wait_for_a_command_that_ignores_it(live: Acme) -> None:
    stubborn = "trap '' TERM INT HUP; touch /tmp/building; while :; do sleep 600; done"
    interrupted(building(live, {"web": {"bootstrap": [stubborn]}}))
    until(lambda: live.host.processes() == [])
    assert live.left_over() == []


def test_interrupt_in_post_release_ends_it_and_says_that_it_is_pending(live: Acme) -> None:
    live.write(services=[{"run": "touch /tmp/building; sleep 600"}])
    run = live.start("deploy", "--ref", "master")
    until(lambda: live.host.run("test -e /tmp/building").returncode == 0, run)
    said = interrupted(run).err
    assert "pending" in said
    until(lambda: live.host.processes("ubuntu") == [])
    assert live.page() == "second"


def test_interrupt_ends_what_runs_as_root_in_post_release(live: Acme) -> None:
    live.host.write("/usr/local/bin/supervisorctl", "#!/bin/sh\ntouch /tmp/building; exec sleep 600\n", "root", "755")
    run = live.start("deploy", "--ref", "master")
    until(lambda: live.host.run("test -e /tmp/building").returncode == 0, run)
    interrupted(run)
    until(lambda: "sleep 600" not in live.host.processes("root"))


def test_service_that_hangs_is_ended_and_said_to_have_taken_too_long(live: Acme) -> None:
    live.host.write(
        "/usr/local/bin/supervisorctl",
        "#!/bin/sh\n[ $1 = status ] && exec bash /srv/supervisorctl $*\nexec sleep 600\n",
        "root",
        "755",
    )
    live.write(services=[{"supervisor": "releases"}], step_timeout=15)
    said = live.deploy(code=5).err
    assert "was ended after 15 seconds (step_timeout)" in said
    assert "sleep 600" not in live.host.processes("root")


def test_terminated_fab_is_an_interrupted_one(live: Acme) -> None:
    run = building(live, DAEMONS)
    run.send_signal(signal.SIGTERM)
    finish(run, 130)
    until(lambda: live.host.processes() == [])
    assert live.left_over() == []
