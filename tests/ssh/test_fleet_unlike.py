"""Three hosts that are not alike: of other histories, slow, with a clock that is wrong, or left half released by a Ctrl-C."""

import signal
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.fab import finish, heard, until
from tests.support.fleet_ground import Ground
from tests.support.host_python import put_clock_forward

DAY = 86400


def deploy_alone(ground: Ground, number: int, ref: str) -> str:
    """Deploy to one of them as if there was no other: the name of the release."""
    fleet = ground.fleet
    addresses = fleet.keys["address"]
    fleet.write(address=[addresses[number]])
    fleet.fab("deploy", "--ref", ref)
    fleet.write(address=addresses)
    return fleet.lives[number]


def test_hosts_of_different_histories_each_go_back_to_their_own_and_forward_together(ground: Ground) -> None:
    common = ground.fleet.live
    deploy_alone(ground, 0, "master")
    deploy_alone(ground, 2, "v1.0")
    deploy_alone(ground, 2, "master")
    first = ground.fleet.lives
    assert len({*first}) == 3
    ground.fail(1, "health")
    said = ground.fleet.fab("deploy", "--ref", "master", code=5).err
    assert ground.fleet.lives == first
    well, ill = "and its post-release went well", "but its own post-release failed: 127.0.0.2: post-release: "
    for site, live, words in zip(ground.fleet.each, first, (well, ill, well), strict=True):
        assert f"{site.sandbox.address}: {live} is live again, {words}" in said
    ground.clear()
    name = ground.fleet.deploy()
    assert ground.fleet.lives == [name] * 3
    ground.fleet.fab("rollback")
    assert ground.fleet.lives == [common] * 3, "the newest that was live on the first and is on all"


def test_a_slow_host_is_waited_for_before_any_moves(ground: Ground) -> None:
    before, sealed = ground.fleet.lives, ground.sealed
    ground.hold(1, "build")
    running = ground.fleet.start("deploy", "--ref", "master")
    until(lambda: ground.reached(1), running)
    until(lambda: all(ground.sealed[number] > sealed[number] for number in (0, 2)), running)
    assert ground.fleet.lives == before
    assert running.poll() is None
    ground.go_on()
    finish(running, 0)
    assert len({*ground.fleet.lives}) == 1
    assert ground.fleet.lives != before


def test_a_clock_that_is_a_day_ahead_gives_all_hosts_one_name_and_the_next_is_newer(ground: Ground) -> None:
    put_clock_forward(ground.fleet.each[2], DAY)
    ahead = ground.fleet.deploy()
    tomorrow = datetime.now(tz=UTC) + timedelta(seconds=DAY)
    assert f"{tomorrow:%Y%m%d}" in ahead or f"{tomorrow - timedelta(hours=1):%Y%m%d}" in ahead
    assert ground.fleet.lives == [ahead] * 3
    ground.clear()
    name = ground.fleet.deploy()
    assert name > ahead
    assert ground.fleet.lives == [name] * 3
    ground.fleet.fab("rollback")
    assert ground.fleet.lives == [ahead] * 3


@pytest.mark.parametrize("way", ["deploy", "rollback"])
def test_ctrl_c_between_batches_begins_no_further_one_and_prints_both_ways_on(ground: Ground, way: str) -> None:
    fleet = ground.fleet
    before = fleet.deploy()
    fleet.write(batch=1, pause=3600)
    running = fleet.start("deploy", "--ref", "master")
    said = heard(running, "the next 1 in 3600 s")
    running.send_signal(signal.SIGINT)
    said += finish(running, 130).err
    new = fleet.lives[0]
    assert fleet.lives == [new, before, before]
    assert f"127.0.0.1: Live: {new}, since this run." in said
    assert f"127.0.0.2, 127.0.0.3: Live: {before}, unchanged." in said
    assert f"fab -H sandbox deploy --name {new} # goes on; fab -H sandbox rollback --to {before} goes back" in said
    fleet.write(batch=None, pause=None)
    words = {"deploy": ("deploy", "--name", new), "rollback": ("rollback", "--to", before)}[way]
    fleet.fab(*words)
    assert fleet.lives == [{"deploy": new, "rollback": before}[way]] * 3
    fleet.fab("status")
