"""Three booted hosts behind a load balancer: visitors notice nothing, and all run the new release or each is back."""

from collections.abc import Iterator

import pytest

from tests.bench.requests.site import QUICK
from tests.support.booted import Booted, Lab
from tests.support.fab import until
from tests.support.load.judged import Judged
from tests.support.shop_fleet import ShopFleet

BATCHES = {**QUICK, "batch": 1}
UNWELL = {"health": [{"url": "http://127.0.0.1/no-such-page", "within": 2}]}
BROKEN = {"apps": {"web": {"bootstrap": ["echo this host cannot build; false"]}}}
HELD = "/tmp/held"  # noqa: S108


@pytest.fixture(scope="module")
def fleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShopFleet]:
    """Set up, with a release to go back to."""
    hosts = list[Booted]()
    try:
        for name in ("web1", "web2", "web3", "balancer"):
            hosts.append(lab.boot(name))
        fleet = ShopFleet(hosts[:3], hosts[3], tmp_path_factory.mktemp("fleet"))
        fleet.write(prod=BATCHES)
        fleet.set_up()
        fleet.deploy()
        yield fleet
    finally:
        for host in hosts:
            host.stop()


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


def visited(fleet: ShopFleet, *words: str, code: int = 0) -> Judged:
    """Type `fab -H prod WORDS` while visitors ask."""
    before = fleet.live()
    with fleet.visited() as load:
        fleet.fab(*words, code=code)
        load.told()
    return load.judged(before, fleet.live())


def test_a_deploy_in_batches_and_a_rollback_lose_no_request_and_no_asset(fleet: ShopFleet) -> None:
    push(fleet, "orange")
    deploy = visited(fleet, "deploy", "--ref", "master")
    assert fleet.runs == fleet.lives == [deploy.after] * 3
    back = visited(fleet, "rollback")
    assert fleet.runs == fleet.lives == [back.after] * 3
    assert (deploy.before, deploy.after) == (back.after, back.before)
    for load in (deploy, back):
        assert load.failed == []
        assert load.lost_assets == []
        assert load.answered_by(load.before) > 0
        assert load.answered_by(load.after) > 0


def test_a_host_whose_health_fails_takes_the_others_back_and_no_request_is_lost(fleet: ShopFleet) -> None:
    push(fleet, "green")
    before = fleet.lives
    fleet.own["web3"] = UNWELL
    fleet.write(prod=BATCHES)
    load = visited(fleet, "deploy", "--ref", "master", code=5)
    assert fleet.runs == fleet.lives == before
    assert (load.failed, load.lost_assets) == ([], [])
    assert len({request.said.release for request in load.requests if request.said.release}) == 2


def test_a_build_that_fails_on_one_host_leaves_all_as_they_were(fleet: ShopFleet) -> None:
    push(fleet, "blue")
    before = fleet.lives
    fleet.own["web2"] = BROKEN
    fleet.write(prod=BATCHES)
    load = visited(fleet, "deploy", "--ref", "master", code=3)
    assert fleet.runs == fleet.lives == before
    assert (load.failed, load.lost_assets) == ([], [])


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
