"""What this project's verbs lose."""

from tests.bench.requests.site import Site
from tests.bench.requests.tables import Row
from tests.support.load.judged import Judged
from tests.support.shop import HOME

COPY = f"{HOME}/copy"


def setups(site: Site, times: int) -> Row:
    """A live directory becomes a release, and is made a directory again in between."""
    site.host.sh(f"rm -rf {HOME}/source/node_modules && cp -a {HOME}/source {COPY}")
    site.write()
    loads = []
    for at in range(times):
        if at:
            site.host.sh(f"rm -rf {HOME}/releases {HOME}/builds {HOME}/source && cp -a {COPY} {HOME}/source")
            site.shop.follow_by_hand()
        loads.append(site.under_load(lambda: site.shop.fab("setup")))
    return Row("`setup`, of a live directory", loads)


def releases(site: Site, times: int) -> list[Row]:
    """What setup has left is followed, and then each release is deployed, followed once more, and taken back."""
    loads: dict[str, list[Judged]] = {"deploy": [], "post-release": [site.under_load(lambda: site.shop.fab("post-release"))]}
    loads["rollback"] = []
    for at in range(times):
        site.push()
        loads["deploy"].append(site.under_load(site.shop.deploy))
        if at:
            loads["post-release"].append(site.under_load(lambda: site.shop.fab("post-release")))
        loads["rollback"].append(site.under_load(lambda: site.shop.fab("rollback")))
    return [Row(f"`{verb}`", done) for verb, done in loads.items()]
