"""The values of runtime files are seen nowhere, whoever prints them: a build, a worker in its journal, a page, sudo."""

from pathlib import Path
from typing import Any

import pytest

from tests.host.booted.following import HOME, Following
from tests.support.booted import Booted
from tests.support.fab import finish
from tests.support.secret_forms import WRITERS, formats

SECRET, KEY = "correct-horse-battery-staple", "9f8e7d6c5b4a39281706"
TELLS = f"cat {HOME}/source/.env.local {HOME}/source/config/key.json"
FILES = [".env.local", "config/key.json"]
EVERY = {number: f"s3cr3t-{number}/of+the&Site" for number in range(10, 10 + len(formats("")))}  # one for each format of files
FORMS = {writer(value) for value in EVERY.values() for writer in WRITERS.values()}


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


@pytest.fixture(scope="module")
def every(site: Following) -> Following:
    """The same, with a runtime file of every format, and /opt/told, in which each of their values stands in every form."""
    for (number, value), form in zip(EVERY.items(), formats(""), strict=True):
        site.host.write(f"{HOME}/source/config/every/{number}", formats(value)[form], mode="640")
    site.host.write("/opt/told", "".join(f"{form}\n" for form in sorted(FORMS)), "root")
    site.host.sh("usermod --append --groups systemd-journal ubuntu")
    return site


def assert_unseen(site: Following, said: str, forms: set[str]) -> None:
    """None of these forms is in what was printed, nor those of one line in a file of the host."""
    assert "****" in said
    assert {form for form in forms if form in said} == set()
    site.host.write("/opt/forms", "".join(f"{form}\n" for form in forms if "\n" not in form), "root")
    found = site.host.run("grep -rlF -f /opt/forms /home /tmp /run /var/log /var/lib /srv /usr/local --exclude-dir=journal")
    assert {line for line in found.stdout.splitlines() if "/config/every/" not in line} == set()


@pytest.mark.parametrize(
    ("code", "keys"),
    [
        (3, {"apps": {"web": {"bootstrap": ["cat config/every/* /opt/told", "head -c 70 /opt/told; exit 1"]}}}),
        (5, {"services": [{"run": "cat /opt/told; exit 3"}]}),
        (5, {"services": [{"systemd": "teller"}]}),
        (5, {"health": [{"url": "http://127.0.0.1:82/", "within": 1}]}),
    ],
    ids=["a build", "a command of its own", "a worker's journal", "a page"],
)
def test_no_format_and_no_form_of_a_secret_is_seen_or_left(every: Following, code: int, keys: dict[str, Any]) -> None:
    every.override("teller", "ExecStart=\nExecStart=/bin/bash -c 'cat /opt/told; sleep 0.2; exit 7'")
    place = "location / { try_files /none =404; } location = /told { }"
    page = f"server {{ listen 82; root /opt; error_page 404 =500 /told; {place} }}\n"
    every.host.write("/etc/nginx/conf.d/tells.conf", page, "root")
    every.host.sh("systemctl reload nginx")
    every.write(**{"services": [], "runtime_files": ["config/every/*"], **keys})
    said, ps = seen_in_a_deploy(every, code)
    logs = every.fab("logs").out + every.fab("history", "--json").out
    every.host.sh("rm /etc/nginx/conf.d/tells.conf; systemctl reload nginx")
    assert_unseen(every, said + ps + logs, FORMS)
