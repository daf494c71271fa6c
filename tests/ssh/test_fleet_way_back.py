"""What a run on three hosts leaves when it fails: the way back is still there, and the line to type is the one that works."""

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.fab import Ran, finish, heard, until
from tests.support.fleet_ground import Ground
from tests.support.host_python import wait_before


def next_words(ran: Ran) -> list[str]:
    """The verb and its options in the line to type next."""
    line = next(line for line in ran.err.split("\n") if line.startswith("next: "))
    return shlex.split(line.removeprefix("next: ").partition(" #")[0])[3:]


@contextmanager
def without_swaps(ground: Ground, number: int) -> Iterator[None]:
    """One of the hosts cannot move its link."""
    site = ground.fleet.each[number]
    (site.home / "go-on").touch()
    wait_before(site, "os.rename", site.link, then="raise OSError(5, 'made to fail')")
    yield
    ground.clear()


def test_a_canary_prunes_nothing_while_others_may_fail(ground: Ground) -> None:
    fleet = ground.fleet
    fleet.write(keep_releases=2)
    before = fleet.deploy("v1.0")
    first = fleet.deploy()
    fleet.write(batch=1)
    ground.fail(1, "health")
    fleet.fab("deploy", "--ref", "master", code=5)
    ground.clear()
    assert fleet.lives == [first] * 3
    fleet.fab("rollback")
    assert fleet.lives == [before] * 3


def test_a_rollback_that_one_host_could_not_follow_can_be_typed_again(ground: Ground) -> None:
    fleet = ground.fleet
    before = fleet.deploy("v1.0")
    first = fleet.deploy()
    with without_swaps(ground, 1):
        fleet.fab("rollback", code=5)
    assert fleet.lives == [first] * 3
    assert [host["post_release_pending"] for host in fleet.json()["hosts"]] == [False] * 3
    fleet.fab("rollback")
    assert fleet.lives == [before] * 3


def test_the_line_for_a_host_that_is_away_leaves_out_who_was_left_out_already(ground: Ground) -> None:
    fleet = ground.fleet
    ground.links[1].down()
    typed = ("deploy", "--ref", "master", "--without", "127.0.0.3", "--reason", "disk", "--wait", "5", "--patience", "2")
    words = next_words(fleet.fab(*typed, code=7))
    assert sorted(words) == sorted([*typed, "--without", "127.0.0.2"])
    fleet.fab(*words)
    ground.links[1].up()
    fleet.deploy()


def test_a_host_that_is_lost_while_the_way_back_is_looked_for_lacks_nothing(ground: Ground, tmp_path: Path) -> None:
    fleet, asked = ground.fleet, tmp_path / "asked"
    before = fleet.deploy("v1.0")
    first = fleet.deploy()
    wait_before(fleet.each[1], "open", fleet.each[1].home / "releases" / before / "release.json", after=asked, then="pass")
    wait_before(fleet.each[2], "open", fleet.each[2].home / "releases" / first / "release.json", then="pass")
    running = fleet.start("rollback", "--patience", "2")
    until(lambda: ground.reached(2) and fleet.each[1].locked, running)
    asked.touch()
    (fleet.each[2].home / "go-on").touch()
    until(lambda: ground.reached(1), running)
    ground.links[1].down()
    assert "no good release" not in finish(running, 7).err
    ground.links[1].up()
    ground.clear()
    assert fleet.lives == [first] * 3


def test_what_stays_live_where_it_was_live_before_is_not_called_bad(ground: Ground) -> None:
    fleet = ground.fleet
    fleet.fab("build", "--ref", "master")
    name = fleet.each[0].names[-1]
    fleet.fab("deploy", "--name", name, "--without", "127.0.0.3", "--reason", "disk")
    ground.fail(2, "health")
    said = fleet.fab("deploy", "--name", name, code=5).err
    ground.clear()
    assert f"127.0.0.1, 127.0.0.2: {name} stays live, and its post-release went well. Migrations are not undone.\n" in said
    fleet.deploy()


def test_two_ctrl_c_in_a_put_back_print_the_line_that_puts_all_of_them_back(ground: Ground) -> None:
    fleet = ground.fleet
    fleet.deploy("v1.0")
    first = fleet.deploy()
    fleet.write(services=[{"run": "touch ~/served"}])
    ground.fail(1, "health")
    wait_before(fleet.each[2], "os.rename", fleet.each[2].link, after=fleet.each[2].sandbox.service_home / "served")
    running = fleet.start("deploy", "--ref", "master", "--patience", "3")
    until(lambda: ground.reached(2) and fleet.lives[0] == first, running)
    running.send_signal(signal.SIGINT)
    said = heard(running, "Ctrl-C again leaves it to itself")
    running.send_signal(signal.SIGINT)
    ended = finish(running, 130)
    ground.clear()
    until(lambda: not any(site.locked for site in fleet.each))
    assert next_words(Ran(130, "", said + ended.err)) == ["rollback", "--to", first]
    until(lambda: fleet.lives == [first] * 3)  # the rename that stood still has gone on
