"""Three booted hosts behind a load balancer: visitors notice nothing, and all run the new release or each is back."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.requests.site import QUICK
from tests.support.booted import Lab
from tests.support.fab import until
from tests.support.shop_fleet import ShopFleet, shop_fleet

BATCHES = {**QUICK, "batch": 1}
UNWELL = {"health": [{"url": "http://127.0.0.1/no-such-page", "within": 2}]}
BROKEN = {"apps": {"web": {"bootstrap": ["echo this host cannot build; false"]}}}
HELD = "/tmp/held"  # noqa: S108


@pytest.fixture(scope="module")
def fleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopFleet]:
    """Set up, with a release to go back to."""
    with shop_fleet(lab, tmp_path_factory.mktemp("fleet"), **BATCHES) as fleet:
        yield fleet


@pytest.fixture(autouse=True)
def _alike(fleet: ShopFleet) -> Iterator[None]:
    """What a test says of one host is taken back, and all run one release again."""
    yield
    fleet.own.clear()
    fleet.write(prod=BATCHES)
    for host in fleet.hosts:
        if host.ended:
            host.start()
    if fleet.ended("status"):
        fleet.deploy()
    assert len(set(fleet.lives)) == 1


def push(fleet: ShopFleet, colour: str) -> None:
    """A commit whose assets have other names."""
    fleet.push({"assets/shop.css": f"h1 {{ color: {colour}; }}\n"})


def test_a_deploy_in_batches_and_a_rollback_lose_no_request_and_no_asset(fleet: ShopFleet) -> None:
    push(fleet, "orange")
    deploy = fleet.visited("deploy", "--ref", "master")
    assert fleet.runs == fleet.lives == [deploy.after] * 3
    back = fleet.visited("rollback")
    assert fleet.runs == fleet.lives == [back.after] * 3
    assert (deploy.before, deploy.after) == (back.after, back.before)
    for load in (deploy, back):
        assert load.failed == []
        assert load.lost_assets == []
        assert load.answered_by(load.before) > 0
        assert load.answered_by(load.after) > 0


@pytest.mark.parametrize(
    ("name", "keys", "code", "seen"), [("web3", UNWELL, 5, 2), ("web2", BROKEN, 3, 1)], ids=["health", "build"]
)
def test_what_fails_on_one_host_leaves_all_as_they_were_and_no_request_is_lost(
    fleet: ShopFleet, name: str, keys: dict[str, Any], code: int, seen: int
) -> None:
    """`seen`: how many releases visitors meet. Health fails when two hosts have switched, a build before any has."""
    push(fleet, f"rgb(0, {code}, 0)")
    before = fleet.lives
    fleet.own[name] = keys
    fleet.write(prod=BATCHES)
    load = fleet.visited("deploy", "--ref", "master", code=code)
    assert fleet.runs == fleet.lives == before
    assert (load.failed, load.lost_assets) == ([], [])
    assert len({request.said.release for request in load.requests if request.said.release}) == seen


@pytest.mark.parametrize("phase", ["build", "post-release"])
def test_a_power_cut_on_one_host_leaves_all_on_one_release_or_names_it(fleet: ShopFleet, phase: str) -> None:
    push(fleet, f"rgb(0, 0, {len(phase)})")
    before, last = fleet.lives, fleet.hosts[2]
    last.sh(f"rm -f {HELD}")
    waits = f"touch {HELD}; sleep 300"
    fleet.own["web3"] = {"apps": {"web": {"bootstrap": [waits]}}} if phase == "build" else {"services": [{"run": waits}]}
    fleet.write(prod=BATCHES)
    running = fleet.start("deploy", "--ref", "master", "--patience", "5")
    until(lambda: last.run(f"test -e {HELD}").returncode == 0, running)
    last.power_cut()
    out, err = running.communicate()
    assert (running.returncode, "Traceback" in out + err) == (7 if phase == "build" else 4, False)
    assert last.address in err
    last.start()
    if phase == "build":
        assert fleet.lives == before
    else:
        assert len(set(fleet.lives)) == 1
        assert fleet.lives != before
        assert fleet.ended("status") == 9
