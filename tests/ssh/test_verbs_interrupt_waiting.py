"""Exit code 130 where a run waits: for somebody else's lock, for a link that is silent, for a host to come back."""

import contextlib
import signal
from collections.abc import Callable, Iterator

from tests.support.fab import PATIENCE, Site, finish, heard, until
from tests.support.forked import Forked
from tests.support.link import Link

Make = Callable[..., Site]
HELD = {"web": {"bootstrap": ["touch ~/held; until [ -e ~/go-on ]; do sleep 0.05; done"]}}


@contextlib.contextmanager
def building(site: Site, link: Link, *words: str) -> Iterator[Forked]:
    """A build over a link, at work on the host."""
    site.write(apps=HELD, port=link.port, host_key=(site.sandbox.folder / "host_key.pub").read_text().strip())
    running = site.start("build", "--ref", "master", *words)
    until((site.home / "held").exists, running)
    yield running
    site.write(port=site.sandbox.port)


def test_who_waits_for_a_lock_is_told_what_is_live(live: Site) -> None:
    with Link(live.sandbox.port) as link, building(live, link) as running:
        waits = live.start("prune", "--wait", str(PATIENCE))
        heard(waits, "waiting: ")
        waits.send_signal(signal.SIGINT)
        assert f"Live: {live.live}, unchanged." in finish(waits, 130).err
        (live.home / "go-on").touch()
        finish(running, 0)


def test_a_silent_link_keeps_nobody(live: Site) -> None:
    with Link(live.sandbox.port) as link, building(live, link) as running:
        link.silence()
        running.send_signal(signal.SIGINT)
        said = finish(running, 130).err
    assert f"Live: {live.live}, unchanged. build may still be running on 127.0.0.1; fab -H sandbox cancel ends it." in said


def test_a_host_that_does_not_come_back_keeps_nobody(live: Site) -> None:
    with Link(live.sandbox.port) as link, building(live, link) as running:
        link.cut(for_good=True)
        heard(running, "connecting again")
        running.send_signal(signal.SIGINT)
        said = finish(running, 130).err
    assert f"Live: {live.live}, unchanged." in said
    assert "build may still be running on 127.0.0.1" in said


def test_who_follows_a_build_may_leave_it_to_itself(live: Site) -> None:
    with Link(live.sandbox.port) as link, building(live, link) as running:
        follows = live.start("attach")
        heard(follows, "following build master")
        follows.send_signal(signal.SIGINT)
        said = finish(follows, 130).err
        (live.home / "go-on").touch()
        finish(running, 0)
    assert f"interrupted; the job goes on\nLive: {live.live}, unchanged.\n" in said
    assert "next: fab -H sandbox attach # follows it again; cancel ends it" in said
