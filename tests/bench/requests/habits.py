"""What the habits of others lose, on the same host under the same load: each is the usual way but for one thing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.requests.site import Site
from tests.bench.requests.tables import Row
from tests.support.load.judged import Judged

NGINX, POOLS = "/etc/nginx/sites-enabled/source", "/etc/php/8.2/fpm/pool.d/global.conf"
RELOAD, RESTART = ({"systemd": "php8.2-fpm", "action": action} for action in ("reload", "restart"))
FOLLOW = {"systemd": "nginx", "action": "reload"}
BUILD = (Path(__file__).parent / "in_place.sh").read_text()
STALE, AFTER = 10, 5  # seconds for which old code, and what a build has left, is watched


def in_place(site: Site, times: int) -> Row:
    """The next version is built in the directory that is served, and php-fpm reloaded."""

    def build() -> None:
        site.host.sh(BUILD, "ftsuser")
        site.host.sh("systemctl reload php8.2-fpm")

    loads = []
    for _ in range(times):
        site.push()
        loads.append(site.under_load(build, AFTER))
    return Row("the build runs in the directory that is served", loads, told_apart=False)


def habits(site: Site, times: int) -> list[Row]:
    """Each of them, on a host with two releases, which is left as it was."""
    rows = [Row("php-fpm is restarted", _swaps(site, times, RESTART))]
    with _changed(site, POOLS, "process_control_timeout = 10s", "process_control_timeout = 0"):
        rows.append(Row("php-fpm is reloaded with `process_control_timeout` 0, its default", _swaps(site, times, RELOAD)))
    with _changed(site, NGINX, "$realpath_root", "$document_root"):
        what = f"nginx says `$document_root`, and php-fpm is not reloaded: {STALE} s from the swap on"
        rows.append(Row(what, _swaps_alone(site, times)))
    with _changed(site, NGINX, "$uri @assets", "$uri =404"):
        site.write(RELOAD, FOLLOW, carry_assets=[], asset_pool=[], health=[])
        rows.append(Row("assets are not carried over, and there is no pool", _deploys(site, times)))
    return rows


def _swaps(site: Site, times: int, fpm: dict[str, str]) -> list[Judged]:
    """One release is deployed in the place of the other, again and again, back too."""
    site.write(fpm, FOLLOW, health=[])
    return [site.under_load(lambda: site.shop.fab("deploy", "--name", _other(site)), tabs=0) for _ in range(times)]


def _swaps_alone(site: Site, times: int) -> list[Judged]:
    site.write(RELOAD, FOLLOW, health=[])
    loads = []
    for _ in range(times):
        loads.append(site.under_load(lambda: site.shop.fab("release", "--name", _other(site)), STALE, tabs=0))
        site.shop.fab("post-release")
    return loads


def _deploys(site: Site, times: int) -> list[Judged]:
    loads = []
    for _ in range(times):
        site.push()
        loads.append(site.under_load(site.shop.deploy))
    return loads


def _other(site: Site) -> str:
    """A release that is not live."""
    names = [str(release["name"]) for release in site.shop.status()["releases"]]
    return next(name for name in names if name != site.live())


@contextmanager
def _changed(site: Site, file: str, usual: str, other: str) -> Iterator[None]:
    """Something in a file of the host is otherwise, and what has read it knows."""
    text = site.host.sh(f"cat {file}") + "\n"
    assert usual in text
    for said in (text.replace(usual, other), text):
        site.host.write(file, said, "root")
        site.host.sh("systemctl restart php8.2-fpm && systemctl reload nginx")
        if said != text:
            yield
