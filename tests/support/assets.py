"""A site with hashed assets, released to a host without a network: what each release has, and what it says it carried."""

import json
from pathlib import Path
from typing import Any

from tests.support.host import LocalHost
from tests.support.talk import Ran

ASSETS = "public/build"


def publish(host: LocalHost, *names: str, folder: str = ASSETS) -> None:
    """A commit whose assets are these and no others, each with its name as its content."""
    host.origin.git("rm", "-r", "--quiet", "--ignore-unmatch", "--", folder)
    host.origin.commit({f"{folder}/{name}": name for name in names})


def built(host: LocalHost, *names: str) -> tuple[Path, Ran]:
    """A release with these assets of its own, made live; where it is, and what its build said."""
    publish(host, *names)
    return go_live(host)


def go_live(host: LocalHost) -> tuple[Path, Ran]:
    """A release of what master is, made live; where it is, and what its build said."""
    done = host.build()
    assert done.code == 0, (done.failure, done.texts("tail"), done.stderr)
    name = done.facts["release"]
    assert host.cut_over(name).code == 0
    return host.releases / name, done


def assets(release: Path, folder: str = ASSETS) -> set[str]:
    """What a release has in a folder that is no directory."""
    return {str(path.relative_to(release / folder)) for path in (release / folder).rglob("*") if not path.is_dir()}


def carried(release: Path) -> Any:
    """What release.json says was carried."""
    return json.loads((release / "release.json").read_text())["carried"]
