"""Links and locks that are lost, for a while and for good: what is live decides, and nobody's release is overwritten."""

import signal
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.fab import Process, Site, finish, host_key, until
from tests.support.host_python import wait_before
from tests.support.link import Link

WAITS = "touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"
PLACES = {"finish": ("open", "history"), "prune": ("os.scandir", "logs")}
"""What the phase does, and with what of this environment's state."""


@pytest.fixture
def link(live: Site) -> Iterator[Link]:
    """The host is reached over a link that can be lost."""
    with Link(live.sandbox.port) as link:
        live.write(port=link.port, host_key=host_key(live))
        yield link
    live.write(port=live.sandbox.port)


def reached(site: Site, running: Process, *, as_service_user: bool = False) -> None:
    """Wait until the host waits."""
    home = site.sandbox.service_home if as_service_user else site.home
    until((home / "cut").exists, running)


def go_on(site: Site) -> None:
    """Let whoever waits on the host go on."""
    for home in (site.home, site.sandbox.service_home):
        (home / "go-on").touch()


# -- for good, after the cutover


@pytest.mark.parametrize("words", [("deploy", "--ref", "master"), ("rollback",), ("post-release",)], ids=lambda words: words[0])
def test_link_that_is_gone_for_good_in_post_release_is_4_and_pending_is_said(
    live: Site, link: Link, words: tuple[str, ...]
) -> None:
    live.deploy()
    live.write(services=[{"run": WAITS}])
    running = live.start(*words, "--patience", "1")
    reached(live, running, as_service_user=True)
    link.cut(for_good=True)
    said = finish(running, 4).err
    assert f"Live: {live.live}, " in said
    assert "was lost during post-release" in said
    assert "next: fab -H sandbox post-release" in said
    go_on(live)
    live.write(port=live.sandbox.port, services=None)


@pytest.mark.parametrize(("place", "code"), [("finish", 4), ("prune", 0)])
def test_link_that_is_gone_for_good_after_the_services_followed_is_no_reason_to_call_the_old_release_live(
    live: Site, link: Link, place: str, code: int
) -> None:
    event, name = PLACES[place]
    live.write(services=[{"run": f"touch '{live.home}/served'"}])
    wait_before(live, event, live.state / name, after=live.home / "served")
    running = live.start("deploy", "--ref", "master", "--patience", "1")
    reached(live, running)
    link.cut(for_good=True)
    ran = finish(running, code)
    go_on(live)
    (live.home / "served").unlink(missing_ok=True)
    live.write(services=None)
    assert live.live in ran.said
    assert ("Post-release is pending." in ran.err) is (code == 4)


# -- for a while


def test_patience_holds_in_a_cutover_too(live: Site, link: Link) -> None:
    wait_before(live, "os.rename", live.link)
    running = live.start("release", "--ref", "master", "--patience", "60")
    reached(live, running)
    link.down()
    go_on(live)
    until(lambda: link.turned_away >= 5, running)
    link.up()
    finish(running, 0)
    assert live.live == live.names[-1]


def test_build_that_goes_on_is_not_shown_as_failed_while_its_lock_is_taken_again(live: Site, link: Link) -> None:
    """The host still hears the link that is gone here, so the lock is refused to this run itself for up to 20 seconds."""
    live.write(apps={"web": {"bootstrap": [WAITS]}})
    running = live.start("release", "--ref", "master")
    reached(live, running)
    link.roam()
    until(lambda: len(link.opened) > 1, running)
    go_on(live)
    said = finish(running, 0).err
    assert live.live == live.names[-1]
    for wrong in ("failed", "error", "unknown", "holds the lock"):
        assert wrong not in said


def test_ctrl_c_while_the_lock_is_taken_again_ends_the_build(live: Site, link: Link) -> None:
    first = live.live
    live.write(apps={"web": {"bootstrap": [WAITS]}})
    running = live.start("release", "--ref", "master")
    reached(live, running)
    link.roam()
    until(lambda: len(link.opened) > 1, running)
    running.send_signal(signal.SIGINT)
    said = finish(running, 130).err
    assert "interrupted during build" in said
    assert f"Live: {first}, unchanged." in said
    ended = "may still be running" not in said
    assert ended or "fab -H sandbox cancel ends it" in said
    if ended:
        live.fab("attach", code=3)


# -- promise 4: a colleague has released since


def test_what_a_colleague_released_while_a_laptop_slept_stays(live: Site) -> None:
    """The laptop is closed after its build is sealed, before its cutover; its lock is let go, and somebody else deploys."""
    live.write(migrate=[WAITS])
    sleeps = live.start("deploy", "--ref", "master")
    reached(live, sleeps)
    sleeps.send_signal(signal.SIGSTOP)
    go_on(live)  # a phase keeps the lock to its end
    until(lambda: not live.locked, sleeps)
    live.write(migrate=None)
    theirs = live.deploy("v1.0")
    sleeps.send_signal(signal.SIGCONT)
    said = finish(sleeps, 3).err
    assert live.live == theirs
    assert f"Live: {theirs}; it was " in said
    assert live.states[theirs] == "live"


def test_what_a_colleague_released_while_the_link_was_away_in_a_build_stays(live: Site, link: Link) -> None:
    live.write(apps={"web": {"bootstrap": [WAITS]}})
    away = live.start("deploy", "--ref", "master")
    reached(live, away)
    link.down()
    go_on(live)
    until(lambda: not live.locked, away)
    live.write(apps={"web": {"bootstrap": ["true"]}}, port=live.sandbox.port)
    theirs = live.deploy("v1.0")
    link.up()
    said = finish(away, 3).err
    assert live.live == theirs
    assert f"Live: {theirs}; it was " in said


def test_who_waits_for_a_lock_is_told_once_for_each_who_has_it(live: Site, link: Link) -> None:
    live.write(apps={"web": {"bootstrap": [WAITS]}})
    builds = live.start("build", "--ref", "master")
    reached(live, builds)
    waits = live.start("prune", "--wait", "60")
    until(lambda: len(link.opened) > 1, waits)
    with pytest.raises(subprocess.TimeoutExpired):
        waits.wait(5)  # two tries and more
    go_on(live)
    finish(builds, 0)
    assert finish(waits, 0).err.count("waiting: ") == 1
