"""A sandbox of several hosts: one environment, one load balancer in front of their web servers, and one end."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.errors import UsageError
from tasks.sandbox import world
from tasks.sandbox.host import process
from tasks.sandbox.world import Sandbox
from tests.support.fab import PATIENCE, Site, sample
from tests.support.sandbox import make_live, run, text

ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3"]


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("hosts") / "a sandbox"
    yield world.start(folder, hosts=3)
    world.stop(folder)


def asked(sandbox: Sandbox, path: str = "/", times: int = 3) -> list[tuple[int, str, str]]:
    """Status, host and body of so many requests to the load balancer."""
    found = []
    for _ in range(times):
        try:
            with urllib.request.urlopen(sandbox.site_url + path, timeout=PATIENCE) as answer:  # noqa: S310
                found.append((answer.status, answer.headers["X-Host"], answer.read().decode()))
        except urllib.error.HTTPError as error:
            found.append((error.code, error.headers["X-Host"], error.read().decode()))
    return found


def end(host: Sandbox, server: str) -> None:
    running = process.running(host, server)
    assert running
    process.end(running)


def test_each_host_has_an_address_a_home_and_a_key_of_its_own(three: Sandbox) -> None:
    assert [host.address for host in three.hosts] == ADDRESSES
    assert len({text(host, "ftsuser", "pwd") for host in three.hosts}) == 3
    assert len({host.host_key.read_text() for host in three.hosts}) == 3
    assert [line.split("]")[0] for line in three.known_hosts_file.read_text().splitlines()] == [f"[{a}" for a in ADDRESSES]


def test_start_again_leaves_them_and_another_number_is_refused(three: Sandbox) -> None:
    before = set(process.inside(three))
    assert world.start(three.folder).hosts[2].port == world.start(three.folder, hosts=3).hosts[2].port == three.hosts[2].port
    for number in (1, 4):
        with pytest.raises(UsageError, match=f"3 hosts runs already: --hosts {number} needs a new one") as caught:
            world.start(three.folder, hosts=number)
        assert caught.value.next == f"fab sandbox.stop && fab sandbox.start --hosts {number}"
    assert set(process.inside(three)) == before


def test_one_command_sets_up_and_releases_to_all_behind_the_load_balancer(three: Sandbox, tmp_path: Path) -> None:
    """As `make demo` does it, with the hosts.yml that was written."""
    site = sample(three, tmp_path)
    site.fab("setup")
    site.fab("deploy", "--ref", "v1.0")
    answers = asked(three)
    assert sorted(host for _, host, _ in answers) == ADDRESSES
    assert len({body for _, _, body in answers}) == 1
    assert f"release {site.live}" in answers[0][2]
    media = {Site(host, tmp_path / host.address, site.keys).link / "public/media" for host in three.hosts}
    assert len(media) == 3
    assert {link.readlink() for link in media} == {three.media}


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Sandbox]:
    yield world.start(tmp_path / "hosts", hosts=2)
    world.stop(tmp_path / "hosts")


def test_load_balancer_passes_answers_on_and_goes_past_a_server_that_is_down(fresh: Sandbox) -> None:
    down, up = fresh.hosts
    make_live(up, "source-1", "v1.0")
    run(up, "ubuntu", "sudo systemctl reload site-web")
    assert sorted(answer[:2] for answer in asked(fresh, times=2)) == [(200, up.address), (503, down.address)]
    assert asked(fresh, "/health?x=1", times=2).count((200, up.address, "ok source-1\n")) == 1
    manifest = next(body for status, _, body in asked(fresh, "/build/manifest.json", times=2) if status == 200)
    assert "build/app.css" in json.loads(manifest)
    end(down, "site-web")
    assert {answer[:2] for answer in asked(fresh, times=3)} == {(200, up.address)}
    end(up, "site-web")
    ((status, _, body),) = asked(fresh, times=1)
    assert (status, "no host answers" in body) == (502, True)


def test_stop_ends_all_hosts_and_the_load_balancer(tmp_path: Path) -> None:
    first = world.start(tmp_path / "hosts", hosts=2)
    servers = [process.running(host, name) for host in first.hosts for name in ("sshd", "site-web")]
    servers.append(process.running(first, "balancer"))
    started = set(process.inside(first))
    world.stop(first.folder)
    assert None not in servers
    assert set(servers) <= started
    assert not [known for known in started if known.alive]
    assert not first.folder.exists()


@pytest.mark.parametrize(("host", "server"), [(1, "sshd"), (0, "balancer")])
def test_sandbox_of_which_one_server_died_is_replaced(fresh: Sandbox, host: int, server: str) -> None:
    end(fresh.hosts[host], server)
    assert world.running(fresh.folder) is None
    again = world.start(fresh.folder, hosts=2)
    assert text(again.hosts[1], "ftsuser", "echo up") == "up"
    assert world.running(fresh.folder)


def test_verb_prints_where_each_host_listens_and_takes_one_digit(three: Sandbox, tmp_path: Path) -> None:
    site = sample(three, tmp_path)
    printed = site.fab("sandbox.start", before=()).out
    assert three.site_url in printed
    assert all(f"{host.address}  SSH on port {host.port}, web on port {host.web_port}" in printed for host in three.hosts)
    assert "a number from 1 to 9, and not 'many'" in site.fab("sandbox.start", "--hosts", "many", before=(), code=2).err
    assert "needs a new one" in site.fab("sandbox.start", "--hosts", "2", before=(), code=2).err
