"""A bastion before many hosts is logged in to once, for as long as any of them is connected over it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tasks.errors import Unreachable
from tasks.remote.bastions import BASTIONS, Bastions
from tasks.remote.connection import is_alive
from tasks.remote.route import Hop
from tasks.remote.transport import Transport
from tests.ssh.ssh_server import SshServer
from tests.ssh.workstation import OTHER, Workstation
from tests.support.fab import until

HOSTS = 6


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workstation]:
    with Workstation(tmp_path, monkeypatch) as workstation:
        yield workstation
    assert BASTIONS._chains == {}


@pytest.fixture
def bastion(here: Workstation) -> SshServer:
    return here.serve(OTHER)


@pytest.fixture
def servers(here: Workstation, bastion: SshServer) -> list[SshServer]:
    """Hosts behind it, all known."""
    found = [here.serve() for _ in range(HOSTS)]
    here.know(bastion.known(), *(server.known() for server in found))
    return found


def test_many_hosts_at_once_are_reached_over_one_login(here: Workstation, bastion: SshServer, servers: list[SshServer]) -> None:
    config = here.jumping(bastion)
    with ExitStack() as end, ThreadPoolExecutor(HOSTS) as at_once:
        opened = list(at_once.map(lambda server: here.reach(server.port, config=config), servers))
        for connection in opened:
            end.enter_context(connection)
        assert all(map(is_alive, opened))
        assert bastion.logins == ["jumper"]
        assert sorted(bastion.forwards) == sorted(("127.0.0.1", server.port) for server in servers)
        assert [server.logins for server in servers] == [["ftsuser"]] * HOSTS


def test_it_is_open_until_the_last_host_is_left(here: Workstation, bastion: SshServer, servers: list[SshServer]) -> None:
    config = here.jumping(bastion)
    first = here.reach(servers[0].port, config=config)
    second = here.reach(servers[1].port, config=config)
    first.close()
    assert is_alive(second)
    with here.reach(servers[0].port, config=config) as again:
        assert is_alive(again)
    assert bastion.logins == ["jumper"]
    second.close()
    with here.reach(servers[1].port, config=config):
        assert bastion.logins == ["jumper", "jumper"]


def test_one_that_is_lost_is_logged_in_to_again(here: Workstation, bastion: SshServer, servers: list[SshServer]) -> None:
    config = here.jumping(bastion)
    lost = here.reach(servers[0].port, config=config)
    (chain,) = BASTIONS._chains.values()
    assert chain.transport is not None
    chain.transport.close()
    with here.reach(servers[1].port, config=config) as connection:
        assert is_alive(connection)
        lost.close()
        assert is_alive(connection)
    assert bastion.logins == ["jumper", "jumper"]


def test_two_that_differ_are_two(here: Workstation, bastion: SshServer, servers: list[SshServer]) -> None:
    config = here.jumping(bastion)
    with here.reach(servers[0].port, config=config):
        other = here.config(f"Host 127.0.0.1\n  ProxyJump other@127.0.0.1:{bastion.port}\n")
        with here.reach(servers[1].port, config=other):
            assert bastion.logins == ["jumper", "other"]


def test_an_answer_of_a_bastion_is_everybodys_who_waits_for_it() -> None:
    hop = Hop.__new__(Hop, *[None] * len(Hop._fields))  # type: ignore[arg-type]
    made, asked = Bastions(), list[int]()

    def reach(_: ExitStack) -> Transport:
        asked.append(1)
        (chain,) = made._chains.values()
        until(lambda: chain.users == HOSTS)
        raise Unreachable("nobody answers")

    def log_in(_: int) -> str:
        try:
            with made.passed((hop,), None, reach):
                return ""
        except Unreachable as problem:
            return problem.what

    with ThreadPoolExecutor(HOSTS) as at_once:
        assert list(at_once.map(log_in, range(HOSTS))) == ["nobody answers"] * HOSTS
    assert (asked, made._chains) == ([1], {})
