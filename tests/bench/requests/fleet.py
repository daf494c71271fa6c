"""What visitors of three hosts behind one load balancer lose, while releases go from host to host."""

from pathlib import Path

from tests.bench.requests.site import COLOURS, QUICK
from tests.bench.requests.tables import Row
from tests.support.booted import Booted, Lab
from tests.support.load.judged import Judged
from tests.support.shop_fleet import ShopFleet

HOSTS = ("web1", "web2", "web3")


def fleets(lab: Lab, folder: Path, times: int) -> list[Row]:
    """Deployed in batches of one, and taken back on all at once."""
    booted = list[Booted]()
    try:
        for name in (*HOSTS, "balancer"):
            booted.append(lab.boot(name))
        fleet = ShopFleet(booted[: len(HOSTS)], booted[-1], folder)
        fleet.write(prod={**QUICK, "batch": 1})
        fleet.set_up()
        fleet.deploy()
        loads: dict[str, list[Judged]] = {"deploy": [], "rollback": []}
        for colour in COLOURS[:times]:
            fleet.push({"assets/shop.css": f"h1 {{ color: {colour}; }}\n"})
            for verb, words in (("deploy", ("deploy", "--ref", "master")), ("rollback", ("rollback",))):
                loads[verb].append(_visited(fleet, *words))
    finally:
        for host in booted:
            host.stop()
    titles = {"deploy": "`deploy` with `batch: 1`", "rollback": "`rollback`"}
    return [Row(titles[verb], done, told_apart=False) for verb, done in loads.items()]


def _visited(fleet: ShopFleet, *words: str) -> Judged:
    before = fleet.live()
    with fleet.visited() as load:
        fleet.fab(*words)
        load.told()
    return load.judged(before, fleet.live())
