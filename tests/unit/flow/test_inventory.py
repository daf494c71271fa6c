"""An inventory that changes while a run is at work: who has ended has left the fleet, who is new is named."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from pytest_mock import MockerFixture

from tasks.errors import Unreachable
from tasks.flow.fleet import Fleet
from tests.unit.flow.conftest import Fab
from tests.unit.flow.stand_in import NEW, OLD, StandIn, failed

Hosts = defaultdict[str, StandIn]


@pytest.fixture
def now(mocker: MockerFixture, site: Callable[..., None]) -> list[Any]:
    """What the inventory has when it is read again, one reading after the other; an error is raised."""
    site(address=["web1", "web2"], services=[{"systemd": "nginx"}])
    readings: list[Any] = []

    def read() -> tuple[str, ...]:
        found = readings.pop(0)
        if isinstance(found, Exception):
            raise found
        return tuple(found)

    made = Fleet.__init__

    def with_inventory(self: Fleet, *values: Any) -> None:
        made(self, *values)
        mocker.patch.object(Fleet, "inventory", property(lambda _: read, lambda *_: None), create=True)

    mocker.patch.object(Fleet, "__init__", with_inventory)
    return readings


@pytest.mark.parametrize("verb", ["deploy --ref a", "release --ref a", "rollback"])
def test_who_has_ended_has_left_the_fleet_and_the_others_go_on(fab: Fab, hosts: Hosts, now: list[Any], verb: str) -> None:
    now += [["web1"], ["web1"]]
    hosts["web2"].answers["cutover"] = [failed("it has ended")]
    ran = fab(*verb.split())
    assert (ran.code, hosts["web2"].live, "cutover" in hosts["web2"].sent) == (0, OLD, False)
    assert "warning: web2 has left the fleet" in ran.err


def test_who_ends_during_the_build_is_waited_for_no_longer(fab: Fab, hosts: Hosts, now: list[Any]) -> None:
    now += [["web1"]] * 9
    hosts["web2"].answers["build"] = [hosts["web2"].goes_away()]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, hosts["web1"].live, "cutover" in hosts["web2"].sent) == (0, NEW, False)
    assert "warning: web2 has left the fleet" in ran.err
    assert hosts["web2"].reconnected == 1


def test_who_is_away_during_the_build_and_has_not_ended_is_7(fab: Fab, hosts: Hosts, now: list[Any]) -> None:
    now += [["web1", "web2"]] * 999
    hosts["web2"].answers["build"] = [hosts["web2"].goes_away()]
    ran = fab("deploy", "--ref", "master", "--patience", "20")
    assert (ran.code, hosts["web1"].live) == (7, OLD)


def test_who_is_new_is_named_with_adopt(fab: Fab, now: list[Any]) -> None:
    now += [["web1", "web2"], ["web1", "web2", "web3"]]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, "web3 is new: fab -H prod adopt web3" in ran.err) == (0, True)


def test_an_inventory_that_cannot_be_read_again_is_a_warning(fab: Fab, hosts: Hosts, now: list[Any]) -> None:
    now += [Unreachable("EC2 cannot be reached")] * 2
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, hosts["web2"].live) == (0, NEW)
    assert "warning: the inventory cannot be read again: EC2 cannot be reached" in ran.err


def test_none_that_is_left_is_3_and_nothing_moves(fab: Fab, hosts: Hosts, now: list[Any]) -> None:
    now += [[]]
    ran = fab("deploy", "--ref", "master")
    assert (ran.code, hosts["web1"].live) == (3, OLD)
    assert "no host is left: the inventory has none of them any more" in ran.err
    assert "next: fab -H prod status" in ran.err
