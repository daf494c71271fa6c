"""What the embedded host decides without a process: its policy, its paths, its history and its hosts.yml."""

import os
from http.client import IncompleteRead
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.config.at_host import at_host
from tasks.config.inventory import parse
from tasks.config.models import Address
from tasks.errors import UsageError
from tasks.sandbox import origin, verbs, world
from tasks.sandbox.host import balancer, process, sudo, systemctl
from tasks.sandbox.host.layout import LIVE_LINK, RELEASE_USER, SERVICE_USER, Layout
from tasks.sandbox.world import Sandbox

WORDS = st.lists(st.text(alphabet="abc-@/ ", min_size=1), min_size=1)


def made(folder: Path, address: str, port: int, web_port: int, first: Sandbox | None = None) -> Sandbox:
    """What lies there of a host whose servers listen on these ports."""
    layout = Layout(folder)
    layout.run.mkdir(parents=True)
    layout.address_file.write_text(address)
    layout.port_file("ssh").write_text(str(port))
    layout.port_file("web").write_text(str(web_port))
    return Sandbox(folder, first)


@given(WORDS)
def test_policy_all_allows_everything(command: list[str]) -> None:
    assert sudo.allowed(["ALL"], command, "")


@given(WORDS)
def test_empty_policy_allows_nothing(command: list[str]) -> None:
    assert not sudo.allowed([], command, "")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("systemctl restart site-worker@1", True),
        ("systemctl restart site-web", False),
        ("systemctl restart", False),
        ("reboot", False),
    ],
)
def test_policy_line_is_the_beginning_of_a_command(command: str, expected: bool) -> None:
    assert sudo.allowed(["systemctl restart site-worker@*"], command.split(), "") is expected


@pytest.mark.parametrize("name", ["site-web", "site-web.service"])
def test_unit_is_found_with_and_without_its_suffix(name: str) -> None:
    assert [unit.name for unit in systemctl.matching(name)] == ["site-web"]


def test_glob_matches_units_whole() -> None:
    assert [unit.name for unit in systemctl.matching("site-worker@*")] == ["site-worker@1", "site-worker@2"]
    assert systemctl.matching("worker@*") == []


def test_only_the_service_user_finds_the_services() -> None:
    layout = Layout(Path("/a sandbox"))
    assert layout.search_path(SERVICE_USER).startswith("/a sandbox/bin:")
    assert "/a sandbox/bin" not in layout.search_path(RELEASE_USER)


def test_recycled_pid_is_another_process() -> None:
    started = process.start_time(os.getpid())
    assert started is not None
    assert process.Process(os.getpid(), started).alive
    assert not process.Process(os.getpid(), f"{started}0").alive


def test_every_overlay_is_in_the_history_once() -> None:
    overlays = sorted(folder.name for folder in origin.SITE.iterdir())
    assert sorted(commit.overlay for commit in origin.HISTORY) == overlays


def test_hosts_file_says_what_the_sandbox_is(tmp_path: Path) -> None:
    layout = made(tmp_path / 'a "b" $c # d', "127.0.0.1", 2200, 8000)
    text = world.inventory([layout])
    sandbox = parse(layout.hosts_file, text.encode())["sandbox"]
    assert (sandbox.addresses, sandbox.port, sandbox.health[0].url) == (
        (Address(host="127.0.0.1"),),
        2200,
        "http://127.0.0.1:8000/health",
    )
    assert (sandbox.release_user, sandbox.service_user, sandbox.live_link) == (RELEASE_USER, SERVICE_USER, LIVE_LINK)
    assert (sandbox.repository, sandbox.identity_file) == (str(layout.origin), str(layout.identity_file))
    assert sandbox.persistent_links[0].target == str(layout.media)
    assert text.startswith("# hosts.yml of the sandbox")


def test_hosts_file_of_several_has_what_differs_for_each_address(tmp_path: Path) -> None:
    first = made(tmp_path, "127.0.0.1", 2200, 8000)
    text = world.inventory([first, made(tmp_path / "web2", "127.0.0.2", 2202, 8002, first)])
    sandbox = parse(first.hosts_file, text.encode())["sandbox"]
    one, two = (at_host(sandbox, address) for address in sandbox.addresses)
    assert [address.host for address in sandbox.addresses] == ["127.0.0.1", "127.0.0.2"]
    assert (one.port, one.health[0].url) == (2200, "http://127.0.0.1:8000/health")
    assert (two.port, two.health[0].url) == (2202, "http://127.0.0.2:8002/health")
    assert two.health[0].contains == one.health[0].contains
    assert two.persistent_links[0].target == str(first.media)


@pytest.mark.parametrize("hosts", ["0", "10", "-1", "1.5", "three", "", "٣"])
def test_number_of_hosts_is_one_digit(hosts: str) -> None:
    with pytest.raises(UsageError, match="a number from 1 to 9"):
        verbs._number(hosts)
    assert verbs._number("9") == 9


def test_balancer_asks_the_servers_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balancer, "_ask", lambda server, path: balancer.Answer(200, [], f"{server}{path}".encode()))
    pool = balancer.Pool(["a:1", "b:2", "c:3"])
    answers = [pool.get("/x") for _ in range(4)]
    assert [answer.body for answer in answers if answer] == [b"a:1/x", b"b:2/x", b"c:3/x", b"a:1/x"]


def test_balancer_goes_past_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(server: str, path: str) -> balancer.Answer:
        if server == "a:1":
            raise ConnectionRefusedError
        if server == "b:2":
            raise IncompleteRead(b"")
        return balancer.Answer(503, [], path.encode())

    monkeypatch.setattr(balancer, "_ask", ask)
    answers = [balancer.Pool(servers).get("/") for servers in (["a:1", "b:2", "c:3"], ["a:1", "b:2"])]
    assert answers == [balancer.Answer(503, [], b"/"), None]
