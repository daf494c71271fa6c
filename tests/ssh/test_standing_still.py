"""A workstation that stands still in a deploy that prints 50 MB: the host waits for nobody; its lock is free after 20 s."""

import signal

import pytest

from tests.support.fab import Process, Site, finish, host_key, until
from tests.support.host_python import wait_before
from tests.support.link import Link

LOUD = "yes 'a line of the fifty megabytes that a build may print' | head -c 50000000; echo; echo the last line"
WAITS = "touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"
BUILT, SWAPPED = ["begin", "sealed"], ["begin", "sealed", "intent", "done"]
ENDED = {"build": BUILT, "cutover": SWAPPED, "prune": [*SWAPPED, "post-release"]}
"""What history has of the release when the phase in which fab stands still has ended."""


def stands_still_in(phase: str, site: Site) -> Process:
    """A deploy that prints 50 MB; the host waits in this phase, and fab is stopped."""
    site.write(apps={"web": {"bootstrap": [WAITS, LOUD] if phase == "build" else [LOUD]}}, keep_releases=1)
    if phase == "cutover":
        wait_before(site, "os.rename", site.link)
    if phase == "prune":
        site.write(services=[{"run": f"touch '{site.home}/served'"}])
        wait_before(site, "os.scandir", site.state / "logs", after=site.home / "served")
    running = site.start("deploy", "--ref", "master")
    until((site.home / "cut").exists, running)
    running.send_signal(signal.SIGSTOP)
    return running


@pytest.mark.parametrize("phase", ENDED)
def test_the_phase_and_history_are_complete_the_lock_is_free_and_the_deploy_goes_on(live: Site, phase: str) -> None:
    with Link(live.sandbox.port) as link:
        live.write(port=link.port, host_key=host_key(live))
        running = stands_still_in(phase, live)
        (live.home / "go-on").touch()
        until(lambda: not live.locked, running)
        built = live.names[-1]
        live.write(port=live.sandbox.port)
        history = live.json("history")
        running.send_signal(signal.SIGCONT)
        finish(running, 0)
        assert link.received < 4_000_000
    assert [line["event"] for line in history if line.get("name") == built] == ENDED[phase]
    assert ("pruned" in {line["event"] for line in history}) is (phase == "prune")
    assert "the last line\n" in live.log(built)
    assert len(live.log(built)) > 50_000_000
    assert live.live == built
