"""Exit codes 7 and 8: a host that cannot be reached or believed, and a link that is cut during the cutover."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from tests.ssh.ssh_server import public, write_key
from tests.ssh.workstation import free_port
from tests.support.fab import PATIENCE, Site, finish, heard, host_key, until
from tests.support.fleet_ground import is_served
from tests.support.host_python import wait_before
from tests.support.link import Link

Make = Callable[..., Site]


@pytest.fixture(scope="module")
def empty(make: Make) -> Site:
    return make()


def unreachable(site: Site, **keys: object) -> str:
    """What a deploy says with these keys; nothing is written on the host."""
    before = site.keys
    site.write(**keys)
    said = site.fab("deploy", "--ref", "master", code=7).err
    site.write(**{**dict.fromkeys(site.keys), **before})
    assert site.names == []
    return said


def test_port_where_nobody_listens(empty: Site) -> None:
    port = free_port()
    assert f"nothing listens on port {port}" in unreachable(empty, port=port)


def test_host_with_another_key_is_refused(empty: Site) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    said = unreachable(empty, host_key=public(key))
    assert key.get_fingerprint() in said


def test_host_that_nobody_knows_is_refused(empty: Site, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").touch()
    assert "unknown host key" in unreachable(empty, known_hosts_file=str(tmp_path / "known_hosts"))


def test_refused_login_names_the_keys_that_were_tried(empty: Site, tmp_path: Path) -> None:
    key = write_key(asyncssh.generate_private_key("ssh-ed25519"), tmp_path / "key")
    said = unreachable(empty, identity_file=str(key))
    assert "could not log in" in said
    assert f"{key}: refused" in said


def test_refused_login_of_the_service_user_fails_before_anything_is_written(empty: Site) -> None:
    assert "nobody@127.0.0.1" in unreachable(empty, service_user="nobody", services=[{"run": "true"}])


def cut_the_cutover(site: Site, code: int, *words: str, then: str = "pass", for_good: bool = False) -> str:
    """What is said when the link is cut just before the rename: the host goes on, after the statement `then`."""
    with Link(int(site.keys["port"])) as link:
        site.write(port=link.port, host_key=host_key(site))
        wait_before(site, "os.rename", site.link, then=then)
        running = site.start(*words)
        until((site.home / "cut").exists, running)
        link.cut(for_good=for_good)
        (site.home / "go-on").touch()
        return finish(running, code).err


def test_cutover_whose_answer_was_lost_is_asked_for(live: Site) -> None:
    cut_the_cutover(live, 0, "release", "--ref", "master")
    assert live.live == live.names[-1]
    live.write(port=live.sandbox.port)
    assert list(live.states.values()) == ["live", "good"]


DID_NOT_HAPPEN = "the link was lost before the cutover, which did not happen: it is sent once more"


@pytest.mark.parametrize("words", [("release", "--ref", "master"), ("rollback",)], ids=lambda words: words[0])
def test_cutover_that_did_not_happen_is_sent_once_more(live: Site, tmp_path: Path, words: tuple[str, ...]) -> None:
    first, second, once = live.live, live.deploy(), str(tmp_path / "once")
    fails = f"if not os.path.exists({once!r}): open({once!r}, 'w'); raise OSError(5, 'no')"
    assert DID_NOT_HAPPEN in cut_the_cutover(live, 0, *words, then=fails)
    assert live.live == (first if words == ("rollback",) else live.names[-1]) != second


def test_cutover_that_cannot_happen_is_3_with_the_reason_of_the_host(live: Site) -> None:
    first = live.live
    said = cut_the_cutover(live, 3, "release", "--ref", "master", then="raise OSError(5, 'no')")
    assert (DID_NOT_HAPPEN in said, "error: 127.0.0.1: cutover: swap: no" in said) == (True, True)
    assert live.live == first


def test_cutover_of_a_host_that_cannot_be_asked_is_unknown(live: Site) -> None:
    first = live.live
    said = cut_the_cutover(live, 8, "release", "--ref", "master", "--patience", "1", for_good=True)
    assert f"Live is {first} or {live.names[-1]}: the host cannot be asked." in said
    assert "fab -H sandbox status" in said


def test_rollback_of_a_host_that_cannot_be_asked_is_unknown(live: Site) -> None:
    first, second = live.live, live.deploy()
    said = cut_the_cutover(live, 8, "rollback", "--patience", "1", for_good=True)
    assert f"Live is {second} or {first}: the host cannot be asked." in said


def cut_the_build(site: Site, code: int, *words: str, for_good: bool = False, silently: bool = False) -> str:
    """What is said when the link is cut in the midst of a build, which ends after that."""
    site.write(apps={"web": {"bootstrap": ["touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"]}})
    with Link(int(site.keys["port"])) as link:
        site.write(port=link.port, host_key=host_key(site))
        running = site.start("release", "--ref", "master", *words)
        until((site.home / "cut").exists, running)
        link.silence() if silently else link.cut(for_good=for_good)
        if for_good:
            said = finish(running, code).err
            (site.home / "go-on").touch()
            return said
        until(lambda: len(link.opened) > 1, running)
        (site.home / "go-on").touch()
        return finish(running, code).err


def test_build_whose_link_was_cut_is_followed_to_its_end_and_goes_live(live: Site) -> None:
    first = live.live
    said = cut_the_build(live, 0)
    assert "the link was lost during build, which goes on there; connecting again" in said
    assert first != live.live == live.names[-1]
    for step in ("resolve", "worktree", "persistent links", "detach", "move", "flush", "seal"):
        assert said.count(f"build: {step} (") == 1


def test_link_that_has_gone_silent_is_noticed_by_asking_it(live: Site) -> None:
    first = live.live
    assert "the link was lost during build" in cut_the_build(live, 0, silently=True)
    assert first != live.live == live.names[-1]


@pytest.fixture
def bastion(live: Site) -> Iterator[None]:
    """The host is reached over a bastion, by ssh_config."""
    config = live.workstation / ".ssh" / "config"
    config.parent.mkdir(mode=0o700)
    keys = f'  IdentityFile "{live.sandbox.identity_file}"\n  UserKnownHostsFile "{live.sandbox.known_hosts_file}"\n'
    hop = f"Host bastion\n  HostName 127.0.0.1\n  Port {live.sandbox.port}\n  User ubuntu\n{keys}"
    config.write_text(f"{hop}Host 127.0.0.1\n  ProxyJump bastion\n")
    yield
    config.unlink()


@pytest.mark.usefixtures("bastion")
def test_link_that_has_gone_silent_behind_a_bastion_is_noticed_too(live: Site) -> None:
    first = live.live
    assert "the link was lost during build" in cut_the_build(live, 0, silently=True)
    assert first != live.live == live.names[-1]


def test_build_that_cannot_be_followed_within_patience_goes_on_and_live_is_as_it_was(live: Site) -> None:
    first = live.live
    said = cut_the_build(live, 7, "--patience", "1", for_good=True)
    assert "was lost during build" in said
    assert f"Live: {first}, unchanged." in said
    until(lambda: not live.locked)
    assert (live.home / "releases" / live.names[-1] / "release.json").is_file()
    assert live.live == first
    live.write(port=live.sandbox.port)
    live.fab("release", "--name", live.names[-1])
    assert live.live == live.names[-1]


def test_laptop_that_was_closed_for_longer_than_a_lock_lasts_goes_on(live: Site) -> None:
    first = live.live
    live.write(apps={"web": {"bootstrap": ["touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"]}})
    running = live.start("release", "--ref", "master")
    until((live.home / "cut").exists, running)
    running.send_signal(signal.SIGSTOP)
    (live.home / "go-on").touch()  # a phase keeps the lock to its end
    until(lambda: not (live.state / "lock").read_text() and not is_served(live.sandbox), running)
    running.send_signal(signal.SIGCONT)
    said = finish(running, 0).err
    # what was sent as the host closed the login is lost with it
    assert ("has let go of its lock; taking it again" in said) != (DID_NOT_HAPPEN in said)
    assert first != live.live == live.names[-1]


def test_build_is_attached_to_and_cancelled_by_whoever_asks(live: Site) -> None:
    first, releases = live.live, live.names
    live.write(apps={"web": {"bootstrap": ["touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"]}})
    running = live.start("build", "--ref", "master")
    until((live.home / "cut").exists, running)
    attached = live.start("attach")
    heard(attached, "following build master of")
    assert "ended: build master of" in live.fab("cancel").err
    finish(running, 130)
    finish(attached, 130)
    assert (live.live, live.names) == (first, releases)
    assert "no job is running" in live.fab("attach", code=3).err
    assert "no job is running" in live.fab("cancel", code=3).err


def test_attached_one_follows_over_a_link_that_is_lost(live: Site) -> None:
    live.write(apps={"web": {"bootstrap": ["touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"]}})
    running = live.start("build", "--ref", "master")
    until((live.home / "cut").exists, running)
    with Link(int(live.keys["port"])) as link:
        live.write(port=link.port, host_key=host_key(live))
        attached = live.start("attach")
        said = heard(attached, "following build master of")
        link.cut()
        until(lambda: len(link.opened) > 1, attached)
        (live.home / "go-on").touch()
        said += finish(attached, 0).err
    finish(running, 0)
    assert "the link was lost during attach, which goes on there; connecting again" in said
    assert said.count("following build master of") == 1
    assert [said.count(f"attach: {step} (") for step in ("worktree", "seal")] == [1, 1]


def test_lock_of_another_is_waited_for_and_a_hold_is_not(live: Site) -> None:
    live.write(apps={"web": {"bootstrap": ["touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"]}})
    running = live.start("build", "--ref", "master")
    until((live.home / "cut").exists, running)
    assert "build master" in live.fab("prune", "--wait", "1", code=6).err
    waits = live.start("prune", "--wait", str(PATIENCE))
    heard(waits, "waiting: ")
    (live.home / "go-on").touch()
    finish(running, 0)
    finish(waits, 0)
    live.fab("hold", "--reason", "holidays")
    assert "holidays" in live.fab("build", "--ref", "master", "--wait", "86400", code=6).err
    live.fab("unhold")
