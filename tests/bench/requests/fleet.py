"""What visitors of three hosts behind one load balancer lose, while releases go from host to host."""

from pathlib import Path

from tests.bench.requests.site import COLOURS, QUICK
from tests.bench.requests.tables import Row
from tests.support.booted import Lab
from tests.support.load.judged import Judged
from tests.support.shop_fleet import shop_fleet

VERBS = {"`deploy` with `batch: 1`": ("deploy", "--ref", "master"), "`rollback`": ("rollback",)}


def fleets(lab: Lab, folder: Path, times: int) -> list[Row]:
    """Deployed in batches of one, and taken back on all at once."""
    loads: dict[str, list[Judged]] = {title: [] for title in VERBS}
    with shop_fleet(lab, folder, **QUICK, batch=1) as fleet:
        for colour in COLOURS[:times]:
            fleet.push({"assets/shop.css": f"h1 {{ color: {colour}; }}\n"})
            for title, words in VERBS.items():
                loads[title].append(fleet.visited(*words))
    return [Row(title, done, told_apart=False) for title, done in loads.items()]
