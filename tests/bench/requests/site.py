"""The shop under load, while verbs of this project, or what others are used to, make another release live."""

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.booted import Booted
from tests.support.fab import until
from tests.support.load.clients import TAB
from tests.support.load.judged import Judged
from tests.support.load.running import load_of
from tests.support.shop import DATA, Shop

MIX = {"fast": 3, "slow": 4, "page": 1, "ping": 1, TAB: 1}
COLOURS = ("orange", "green", "blue", "grey", "white", "black", "red", "pink", "brown", "gold", "teal", "navy")
CONTROLLER = "src/Controller/Shop.php"
ONE_WAY, OTHER_WAY = "(Release $release, string $project)", "(string $project, Release $release)"
COMPOSER = "composer install --no-dev --no-interaction --optimize-autoloader"
QUICK: dict[str, Any] = {
    "apps": {
        "web": {"bootstrap": [COMPOSER, (Path(__file__).parent / "front_end.sh").read_text()]},
        "dossier-api": {"path": "apps/dossier-api", "bootstrap": [COMPOSER]},
    },
    "verify": [],
    "asset_pool": ["public/build"],
}


class Site:
    """It begins as a directory that people build in."""

    def __init__(self, host: Booted, folder: Path) -> None:
        self.host, self.shop = host, Shop(host, folder)
        self.colours, self.sent = list(COLOURS), list[str]()
        self.shop.build_in_place()
        self.shop.follow_by_hand()

    def live(self) -> str:
        """What pages call the release that is live."""
        return self.shop.live() or "source"

    def push(self) -> None:
        """A commit with another style sheet, and so with other names of assets, and with another constructor."""
        code = (self.shop.clone / CONTROLLER).read_text()
        code = code.replace(*(ONE_WAY, OTHER_WAY) if ONE_WAY in code else (OTHER_WAY, ONE_WAY))
        self.shop.push({"assets/shop.css": f"h1 {{ color: {self.colours.pop()}; }}\n", CONTROLLER: code})

    def under_load(self, change: Callable[[], object], seconds: float = 0, tabs: int = 1) -> Judged:
        """Make a change under load, which goes on for so many seconds after it. `tabs` ask for assets of a page open before."""
        before = self.live()
        with load_of(self.shop, {**MIX, TAB: tabs}) as load:
            change()
            load.told()
            time.sleep(seconds)
        judged = load.judged(before, self.live())
        self.sent += judged.pings
        return judged

    def write(self, *services: dict[str, str], **keys: Any) -> None:
        """Write hosts.yml, with a quick build, and with these services alone where there are any."""
        self.shop.write(prod={**QUICK, **keys, **({"services": list(services)} if services else {})})

    def handled(self) -> str:
        """Of the messages that were sent, how many workers have handled, and how many times."""
        until(lambda: self.sent[-1] in self.shop.pings("ended"))
        lines = self.host.sh(f"cat {DATA['prod']}/pings").splitlines()
        ended = Counter(line.split()[1] for line in lines if line.startswith("ended "))
        once = sum(ended[ping] == 1 for ping in self.sent)
        return (
            f"{len(self.sent):,} messages were sent meanwhile: {once:,} were handled once, {len(self.sent) - once} otherwise."
        )
