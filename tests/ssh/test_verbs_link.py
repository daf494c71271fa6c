"""Exit codes 7 and 8: a host that cannot be reached or believed, and a link that is cut during the cutover."""

from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest

from tasks.sandbox.host.layout import SYSTEM_PATH
from tests.ssh.ssh_server import public, write_key
from tests.ssh.workstation import free_port
from tests.support.fab import Site, finish, until
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


def cut_the_cutover(site: Site, code: int, *words: str, then: str = "", for_good: bool = False) -> str:
    """What is said when the link is cut just before the rename: the host goes on, after the shell text `then`."""
    with Link(int(site.keys["port"])) as link:
        site.write(port=link.port, host_key=host_key(site))
        meet = f"touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done; {then}"
        stand_in(site, "mv", f'case "$*" in *"/{site.link.name}") {meet} ;; esac')
        running = site.start(*words)
        until((site.home / "cut").exists, running)
        link.cut(for_good=for_good)
        (site.home / "go-on").touch()
        return finish(running, code).err


def host_key(site: Site) -> str:
    """The pin that makes the port of no account."""
    return (site.sandbox.folder / "host_key.pub").read_text().strip()


def stand_in(site: Site, tool: str, text: str) -> None:
    """Put a shell text before one of the host's tools."""
    folder = site.sandbox.folder / "shims"
    folder.mkdir(exist_ok=True)
    (folder / tool).write_text(f'#!/bin/bash\n{text}\nexec /usr/bin/{tool} "$@"\n')
    (folder / tool).chmod(0o755)
    (site.sandbox.folder / "run" / "path").write_text(f"{folder}:{SYSTEM_PATH}")


@pytest.fixture(scope="module")
def released(make: Make) -> Site:
    site = make()
    site.deploy()
    return site


@pytest.fixture
def live(released: Site) -> Iterator[Site]:
    """A site with a release; its hosts.yml, and its host's tools, are their own again afterwards."""
    keys = dict(released.keys)
    yield released
    released.write(**{**dict.fromkeys(released.keys), **keys})
    for name in ("cut", "go-on"):
        (released.home / name).unlink(missing_ok=True)
    (released.sandbox.folder / "run" / "path").unlink(missing_ok=True)


def test_cutover_whose_answer_was_lost_is_asked_for(live: Site) -> None:
    cut_the_cutover(live, 0, "release", "--ref", "master")
    assert live.live == live.names[-1]
    live.write(port=live.sandbox.port)
    assert list(live.states.values()) == ["live", "good"]


def test_cutover_that_did_not_happen_is_found_out(live: Site) -> None:
    first = live.live
    said = cut_the_cutover(live, 3, "release", "--ref", "master", then="exit 1")
    assert "the link was lost before the cutover, which did not happen" in said
    assert live.live == first


def test_cutover_of_a_host_that_cannot_be_asked_is_unknown(live: Site) -> None:
    first = live.live
    said = cut_the_cutover(live, 8, "release", "--ref", "master", for_good=True)
    assert f"Live is {first} or {live.names[-1]}: the host cannot be asked." in said
    assert "fab -H sandbox status" in said


def test_rollback_of_a_host_that_cannot_be_asked_is_unknown(live: Site) -> None:
    first, second = live.live, live.deploy()
    said = cut_the_cutover(live, 8, "rollback", for_good=True)
    assert f"Live is {second} or {first}: the host cannot be asked." in said


def test_link_that_is_cut_during_the_build_says_so_and_live_is_as_it_was(live: Site) -> None:
    first = live.live
    live.write(apps={"web": {"bootstrap": ["touch ~/cut; until [ -e ~/go-on ]; do sleep 0.05; done"]}})
    with Link(int(live.keys["port"])) as link:
        live.write(port=link.port, host_key=host_key(live))
        running = live.start("release", "--ref", "master")
        until((live.home / "cut").exists, running)
        link.cut()
        said = finish(running, 7).err
    (live.home / "go-on").touch()
    assert "was lost during build" in said
    assert f"Live: {first}, unchanged." in said
    assert live.live == first
