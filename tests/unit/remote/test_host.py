"""One connection for each user, one channel for each program."""

from types import SimpleNamespace
from typing import Any

import pytest
from fabric.config import Config
from pytest_mock import MockerFixture

from tasks.errors import Unreachable
from tasks.phases.cutover import cutover, prune
from tasks.phases.lock import lock
from tasks.phases.post_release import post_release
from tasks.remote.host import Host
from tasks.shell.events import Event
from tasks.shell.render import command
from tests.unit.made import environment, run
from tests.unit.remote.channel import Channel, said

SITE = environment(services=[{"systemd": "nginx"}])


class Network:
    """Every connection that was opened, and what each of them was sent."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.answers: list[Channel] = []

    def connect(self, _: object, address: str, user: str, __: object) -> Any:
        login = f"{user}@{address}"
        self.opened.append(login)

        def open_session(timeout: float) -> Channel:
            assert timeout
            channel = self.answers.pop(0) if self.answers else Channel([said("began"), said("ended")])
            channel.exec_command = lambda command: self.sent.append((login, command))  # type: ignore[method-assign]
            return channel

        transport = SimpleNamespace(open_session=open_session)
        return SimpleNamespace(user=user, transport=transport, close=lambda: self.closed.append(login))


@pytest.fixture
def network(mocker: MockerFixture) -> Network:
    network = Network()
    mocker.patch("tasks.remote.host.connect", side_effect=network.connect)
    return network


@pytest.fixture
def told() -> list[tuple[str, Event]]:
    return []


@pytest.fixture
def host(network: Network, told: list[tuple[str, Event]]) -> Host:
    assert network.opened == []
    config = Config()  # type: ignore[no-untyped-call]
    return Host(SITE, "web1", config, lambda address, event: told.append((address, event)))


def test_nothing_is_connected_before_it_is_needed(host: Host, network: Network) -> None:
    host.close()
    assert network.opened == []


def test_each_user_logs_in_once_however_many_programs_are_sent(host: Host, network: Network) -> None:
    for phase in (cutover(SITE), post_release(SITE), prune(SITE), post_release(SITE)):
        host.run(phase, run())
    assert network.opened == ["ftsuser@web1", "ubuntu@web1"]


def test_each_program_goes_to_the_user_that_it_is_for_on_one_channel(host: Host, network: Network) -> None:
    for phase in (cutover(SITE), post_release(SITE)):
        host.run(phase, run())
    assert network.sent == [
        ("ftsuser@web1", command(cutover(SITE), run())),
        ("ubuntu@web1", command(post_release(SITE), run())),
    ]


def test_the_lock_shares_the_connection_of_the_programs(host: Host, network: Network) -> None:
    network.answers = [Channel([said("locked")])]
    with host.lock(lock(SITE), run()) as held:
        host.run(cutover(SITE), run())
    assert held.held
    assert network.opened == ["ftsuser@web1"]


def test_closing_closes_every_connection(host: Host, network: Network) -> None:
    host.connect()
    host.connect(as_service_user=True)
    host.close()
    host.close()
    assert network.closed == ["ftsuser@web1", "ubuntu@web1"]


def test_reconnecting_opens_new_connections(host: Host, network: Network) -> None:
    host.connect()
    host.connect(as_service_user=True)
    host.reconnect()
    host.run(post_release(SITE), run())
    assert network.opened == ["ftsuser@web1", "ubuntu@web1"] * 2
    assert network.closed == ["ftsuser@web1", "ubuntu@web1"]


def test_a_login_that_fails_is_tried_again_when_it_is_needed_again(host: Host, mocker: MockerFixture) -> None:
    connect = mocker.patch("tasks.remote.host.connect", side_effect=Unreachable("web1: no answer"))
    for _ in range(2):
        with pytest.raises(Unreachable):
            host.connect()
    assert connect.call_count == 2


def test_a_phase_is_told_from_its_start_with_its_steps_to_its_end(
    host: Host, network: Network, told: list[tuple[str, Event]]
) -> None:
    network.answers = [Channel([said("began"), said("step", "start", "target"), said("ended")])]
    host.run(cutover(SITE), run())
    assert [(address, event.kind, *event.words[:2]) for address, event in told] == [
        ("web1", "phase", "start", "cutover"),
        ("web1", "began"),
        ("web1", "step", "start", "target"),
        ("web1", "ended"),
        ("web1", "phase", "done", "cutover"),
    ]
    assert told[0][1].words == ("start", "cutover", "target", "swap")


@pytest.mark.parametrize(("code", "status"), [(0, "done"), (3, "failed"), (None, "unknown")])
def test_the_end_of_a_phase_says_what_became_of_it(
    host: Host, network: Network, told: list[tuple[str, Event]], code: int | None, status: str, mocker: MockerFixture
) -> None:
    mocker.patch("tasks.remote.program.EXIT_TIMEOUT", 0.0)
    network.answers = [Channel([said("began"), said("ended")], code=code)]
    host.run(cutover(SITE), run())
    assert told[-1][1].words[:2] == (status, "cutover")


def test_reconnecting_is_tried_a_few_times(host: Host, mocker: MockerFixture) -> None:
    waited = mocker.patch("tasks.remote.host.time.sleep")
    connect = mocker.patch("tasks.remote.host.connect", side_effect=[Unreachable("not yet"), Unreachable("not yet"), object()])
    host.reconnect()
    assert (connect.call_count, waited.call_count) == (3, 2)


def test_a_host_that_stays_away_is_unreachable(host: Host, mocker: MockerFixture) -> None:
    mocker.patch("tasks.remote.host.time.sleep")
    mocker.patch("tasks.remote.host.connect", side_effect=Unreachable("gone"))
    with pytest.raises(Unreachable):
        host.reconnect()
