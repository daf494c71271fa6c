"""Measure the requests that this project and the habits of others lose, into docs/requests.md: `make figures`, as root."""

import datetime
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tasks.config.inventory import PROJECT
from tests.bench.requests.fleet import fleets
from tests.bench.requests.habits import habits, in_place
from tests.bench.requests.ours import releases, setups
from tests.bench.requests.site import MIX, Site
from tests.bench.requests.tables import Row, table
from tests.support.booted import Lab, missing
from tests.support.marked import between

PAGE = PROJECT / "docs" / "requests.md"
TIMES = 3


def main() -> int:
    """Measure, and write. 2 where this machine cannot."""
    if lack := missing():
        print(lack, file=sys.stderr)
        return 2
    between(PAGE.read_text(encoding="utf-8"), "")
    os.environ["GIT_CONFIG_GLOBAL"] = os.environ["GIT_CONFIG_SYSTEM"] = os.devnull
    figures = measured()
    print(figures)
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), figures), encoding="utf-8")
    return 0


def measured() -> str:
    """The tables, and how they came to be."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder, "lab")).start()
        try:
            several = fleets(lab, Path(folder, "fleet"), TIMES)
            return tables(Site(lab.boot("web1"), Path(folder, "shop")), several)
        finally:
            lab.stop()


def tables(site: Site, several: Sequence[Row]) -> str:
    """Everything that is measured on one host, one after the other, and what was on `several`."""
    before = in_place(site, TIMES)
    ours = [setups(site, TIMES), *releases(site, TIMES)]
    messages = site.handled()
    others = [*habits(site, TIMES), before]
    today = datetime.datetime.now(tz=datetime.UTC).date()
    clients = ", ".join(f"{number} {kind}" for kind, number in MIX.items())
    where = f"a booted host, {os.cpu_count()} cores shared with {sum(MIX.values())} clients ({clients})"
    return (
        f"\nMeasured by `make figures` on {today}: {where}.\n\n"
        f"{table('this project', ours)}\n{messages}\n\n"
        f"{table('this project, three hosts behind one load balancer', several)}\n"
        f"{table('the same, but', others)}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
