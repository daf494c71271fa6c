"""The values of runtime files are seen nowhere, whoever prints them: a build, a worker in its journal, a page, sudo."""

from pathlib import Path
from typing import Any

import pytest

from tests.host.booted.following import HOME, Following
from tests.support.booted import Booted
from tests.support.fab import finish

SECRET, KEY = "correct-horse-battery-staple", "9f8e7d6c5b4a39281706"
TELLS = f"cat {HOME}/source/.env.local {HOME}/source/config/key.json"
FILES = [".env.local", "config/key.json"]


@pytest.fixture(scope="module")
def site(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Following:
    """A site whose every command tells its secrets, with a worker that does too."""
    site = Following(booted, tmp_path_factory.mktemp("site")).set_up()
    booted.write(f"{HOME}/source/.env.local", f"TOKEN={SECRET}\n", mode="640")
    booted.write(f"{HOME}/source/config/key.json", f'{{"bank": {{"key": "{KEY}"}}}}\n', mode="640")
    site.unit("teller", f"bash -c '{TELLS}; exec sleep 1007'", start=False)
    return site


def tell(site: Following, services: list[dict[str, str]], **more: object) -> None:
    """Write hosts.yml: the build tells its secrets, and these services run."""
    build = {"web": {"bootstrap": ["cat .env.local config/key.json; sleep 1"]}}
    site.write(services, runtime_files=FILES, apps=build, publish=["cat .env.local >&2"], **more)


def seen_in_a_deploy(site: Following, code: int) -> tuple[str, str]:
    """What a deploy printed, and every line of ps on the host while it ran."""
    run, lines = site.start("deploy", "--ref", "master"), set[str]()
    while run.poll() is None:
        lines |= set(site.host.sh("ps -eww -o user=,args= e").splitlines())
    return finish(run, code).said, "\n".join(lines)


def left_on_the_host(site: Following) -> set[str]:
    """The names of the files that hold a secret."""
    found = site.host.run(f"grep -rlE '{SECRET}|{KEY}' /home /tmp /run /var/log /var/lib /srv /usr/local --exclude-dir=journal")
    return {Path(line).name for line in found.stdout.splitlines()}


def test_a_deploy_that_goes_well_shows_and_leaves_no_secret(site: Following) -> None:
    tell(site, [{"systemd": "teller"}, {"run": f"sudo {TELLS}"}])
    said, ps = seen_in_a_deploy(site, 0)
    assert "LIVE_LINK_NAME" in ps
    assert SECRET not in said + ps
    assert KEY not in said + ps
    assert left_on_the_host(site) == {".env.local", "key.json"}


@pytest.mark.parametrize(
    "broken",
    [
        {"services": [{"systemd": "teller"}]},
        {"services": [{"run": f"sudo {TELLS}; exit 3"}]},
        {"services": [], "health": [{"url": "http://127.0.0.1:82/", "within": 1}]},
    ],
    ids=["a worker's journal", "a command of its own", "a page that tells too much"],
)
def test_a_post_release_that_fails_shows_its_last_words_masked(site: Following, broken: dict[str, Any]) -> None:
    site.override("teller", f"ExecStart=\nExecStart=/bin/bash -c '{TELLS}; sleep 0.2; exit 7'")
    page = f'server {{ listen 82; location / {{ return 500 "DSN=mysql://shop:{SECRET}@db {KEY}"; }} }}\n'
    site.host.write("/etc/nginx/conf.d/tells.conf", page, "root")
    site.host.sh("systemctl reload nginx; usermod --append --groups systemd-journal ubuntu")
    tell(site, **broken)
    said, ps = seen_in_a_deploy(site, 5)
    assert "****" in said
    assert SECRET not in said + ps
    assert KEY not in said + ps
    site.host.sh("rm /etc/nginx/conf.d/tells.conf; systemctl reload nginx")
    assert left_on_the_host(site) == {".env.local", "key.json"}
