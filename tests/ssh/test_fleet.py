"""Three hosts, one command: all of them run the new release, or each is back on what it ran."""

from collections.abc import Iterator

import pytest

from tasks.sandbox import world
from tasks.sandbox.world import Sandbox
from tests.support.fab import until
from tests.support.fleet import Fleet, address_of

FAILS = "test ! -e {0}/broken"


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Sandbox]]:
    folder = tmp_path_factory.mktemp("hosts")
    yield [world.start(folder / f"web{number}", f"127.0.0.{number}") for number in (1, 2, 3)]
    for number in (1, 2, 3):
        world.stop(folder / f"web{number}")


@pytest.fixture
def fleet(sandboxes: list[Sandbox], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """An environment of all three, set up, with a release that is live."""
    folder = tmp_path_factory.mktemp("fleet")
    fleet = Fleet(sandboxes, folder, live_link=folder.name)
    fleet.fab("setup")
    fleet.deploy("v1.0")
    yield fleet
    until(lambda: not any(site.locked for site in fleet.each))


def test_all_run_one_commit_under_one_name(fleet: Fleet) -> None:
    name = fleet.deploy("master")
    assert fleet.lives == [name] * 3
    hosts = fleet.json()["hosts"]
    assert [host["address"] for host in hosts] == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert len({host["live"]["commit"] for host in hosts}) == 1
    fleet.fab("rollback")
    assert len(set(fleet.lives)) == 1
    assert fleet.live != name


def test_one_machine_under_two_names_is_refused(fleet: Fleet, sandboxes: list[Sandbox]) -> None:
    fleet.write(address=[address_of(sandboxes[0]), {**address_of(sandboxes[0]), "host": "localhost"}])
    said = fleet.fab("deploy", "--ref", "master", code=2).err
    assert "is a host that this run has already" in said


def test_a_host_that_was_left_out_is_named_until_it_is_adopted(fleet: Fleet) -> None:
    old = fleet.live
    new_words = ("--without", "127.0.0.3", "--reason", "it's being mended")
    fleet.fab("deploy", "--ref", "master", *new_words)
    new = fleet.live
    assert fleet.lives == [new, new, old]
    said = fleet.fab("status", code=9).said
    assert "127.0.0.3 was left out of the last release: it's being mended" in said
    assert f"live: 127.0.0.1, 127.0.0.2: {new}; 127.0.0.3: {old}" in said
    assert {line["without"] for line in fleet.json("history") if line.get("name") == new} == {"127.0.0.3"}
    fleet.fab("adopt", "127.0.0.3")
    assert fleet.lives == [new] * 3
    assert fleet.each[2].names == fleet.each[0].names
    fleet.fab("status")
    fleet.fab("rollback")
    assert fleet.lives == [old] * 3
