"""A deploy of hosts that are targets of a load balancer, whose API is on loopback."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.ec2 import Account, moto_server
from tests.support.fab import finish, heard
from tests.support.fleet import Fleet
from tests.support.fleet_ground import Ground

ADDRESSES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that the tests of this module share."""
    with moto_server() as url:
        yield url


@pytest.fixture
def account(endpoint: str) -> Account:
    """An account without load balancers."""
    return Account(endpoint)


@pytest.fixture
def group(account: Account, ground: Ground) -> str:
    """The group of three hosts, one of which is drained at a time."""
    arn = account.target_group(*ADDRESSES)
    ground.fleet.write(batch=1, drain={"target_group": arn})
    return arn


def deployed(fleet: Fleet, account: Account, **variables: Any) -> str:
    return fleet.fab("deploy", "--ref", "master", **{**account.variables, **variables}).err


def test_one_at_a_time_is_out_of_the_group_and_all_are_in_it_afterwards(ground: Ground, account: Account, group: str) -> None:
    said = deployed(ground.fleet, account)
    assert len(set(ground.fleet.lives)) == 1
    places = [said.index(f"{what} {address}:80") for address in ADDRESSES for what in ("draining", "in service again in web:")]
    assert places == sorted(places)
    assert account.targets(group) == {*ADDRESSES}


def test_what_a_killed_run_has_left_out_is_put_in_by_the_next(ground: Ground, account: Account, group: str) -> None:
    running = ground.fleet.start("deploy", "--ref", "master", **account.variables)
    heard(running, "draining 127.0.0.2:80")
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert account.targets(group) == {"127.0.0.1", "127.0.0.3"}
    said = deployed(ground.fleet, account)
    assert "127.0.0.2:80 was taken out of web by deploy of " in said
    assert account.targets(group) == {*ADDRESSES}


def test_an_interrupted_run_puts_in_what_it_has_taken_out(ground: Ground, account: Account, group: str) -> None:
    running = ground.fleet.start("deploy", "--ref", "master", **account.variables)
    heard(running, "draining 127.0.0.2:80")
    running.send_signal(signal.SIGINT)
    finish(running, 130)
    assert account.targets(group) == {*ADDRESSES}
    deployed(ground.fleet, account)


@pytest.mark.usefixtures("group")
def test_a_batch_of_all_is_refused_before_anything_is_written(ground: Ground, account: Account) -> None:
    ground.fleet.write(batch=None)
    before = [site.names for site in ground.fleet.each]
    said = ground.fleet.fab("deploy", "--ref", "master", code=3, **account.variables).err
    assert "no healthy target would be left in web" in said
    assert [site.names for site in ground.fleet.each] == before
