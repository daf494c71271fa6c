"""The asset pools of two hosts become one, through the workstation: what the verbs do between build and cutover."""

import hashlib
import os
import sys
from pathlib import Path

import pytest
from fabric.config import Config

from tasks.config.inventory import load
from tasks.flow import assets
from tasks.flow.clock import Clock
from tasks.flow.fleet import Fleet
from tasks.flow.interrupts import Interrupts
from tasks.flow.lock import Options
from tasks.flow.member import Member
from tasks.phases.event import Event
from tasks.remote.host import Host
from tasks.remote.run import Release
from tasks.sandbox.world import Sandbox
from tasks.view.plain import Plain
from tests.support.fab import Site, quick
from tests.unit.made import run

LARGE = 3_000_000  # bytes: more than one request and one piece
KEYS = {"asset_pool": ["public/build"], "live_link": "pooled"}


@pytest.fixture
def sites(sandbox: Sandbox, fresh_sandbox: Sandbox, tmp_path: Path) -> list[Site]:
    """Two hosts, with a release each, of whose assets one is the same, one differs, and one each is its own."""
    made = []
    for name, text, host in (("a", "000", sandbox), ("b", "111", fresh_sandbox)):
        commands = [
            "mkdir -p public/build/images",
            f"head -c {LARGE} /dev/zero | tr '\\0' {name} > public/build/images/{name}.deadbeef.png",
            f"echo {text} > public/build/differs.deadbeef.js; echo same > public/build/same.deadbeef.js",
        ]
        site = quick(host, tmp_path / name, **KEYS, apps={"web": {"bootstrap": commands}})
        site.fab("setup")
        site.deploy("v1.0")
        made.append(site)
    return made


def pool(site: Site) -> dict[str, str]:
    """The files of a pool, and what is in them."""
    root = site.home / "assets" / site.link.name / "public" / "build"
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_what_one_lacks_comes_from_the_other_and_what_differs_stays(sites: list[Site]) -> None:
    own, warned = [pool(site) for site in sites], list[str]()

    def heard(_: str, event: Event) -> None:
        if event.kind == "warn":
            warned.append(event.word(0))

    config, options = Config(), Options()  # type: ignore[no-untyped-call]
    environments = [load(site.hosts_file).environment("sandbox") for site in sites]
    hosts = [Host(each, each.addresses[0].host, config, heard) for each in environments]
    fleet = Fleet(
        environments[0],
        [Member(host, run(id=os.urandom(6).hex()), options, Clock()) for host in hosts],
        Plain(sys.stderr),
        Interrupts(),
        Clock(),
    )
    try:
        with fleet.lock():
            assets.pool(fleet, Release())
            assets.pool(fleet, Release())
    finally:
        fleet.close()
    assert [pool(site) for site in sites] == [{**own[1], **own[0]}, {**own[0], **own[1]}]
    assert own[0].keys() | own[1].keys() == {f"{name}.deadbeef.js" for name in ("differs", "same")} | {
        f"images/{name}.deadbeef.png" for name in "ab"
    }
    assert warned == ["asset pool: public/build/differs.deadbeef.js is another file here than on 127.0.0.1, and stays"] * 2
