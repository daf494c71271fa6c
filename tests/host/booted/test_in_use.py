"""A worker of another user, which the release user cannot look at, keeps the old release that it runs in from being pruned."""

from pathlib import Path

import pytest

from tests.host.booted.following import HOME, Following
from tests.support.booted import Booted
from tests.support.fab import until

SERVICES = [{"systemd": "nginx", "action": "reload"}]
WORKER = "setsid -f setpriv --reuid=www-data --regid=www-data --clear-groups sleep 4321 </dev/null >/dev/null 2>&1"


@pytest.fixture
def site(fresh: Booted, tmp_path: Path) -> Following:
    """A site that keeps two releases, and was deployed."""
    site = Following(fresh, tmp_path).set_up()
    site.write(SERVICES, keep_releases=2)
    return site


def names(site: Following) -> list[str]:
    return site.host.sh(f"ls {HOME}/releases").split()


def deploy(site: Following) -> str:
    return site.fab("deploy", "--ref", "master").err


def test_a_worker_of_another_user_keeps_its_release_until_it_has_left(site: Following) -> None:
    old = site.live
    site.host.sh(f"cd {HOME}/releases/{old} && {WORKER}")
    worker = site.host.sh("pgrep -x sleep -u www-data")
    assert site.host.run(f"readlink /proc/{worker}/cwd", "ftsuser").returncode == 1
    deploy(site)
    for said in (deploy(site), site.fab("prune").err):
        assert said.count(f"{old} is kept: pid {worker} (www-data, sleep) uses it") == 1
        assert old in names(site)
    site.host.sh(f"kill {worker}; while kill -0 {worker} 2>/dev/null; do sleep 0.05; done")
    assert f"pruned {old}" in site.fab("prune").err
    assert old not in names(site)
    until(lambda: site.host.sh(f"ls {HOME}/builds/source/trash") == "")


def test_the_rules_of_check_sudoers_are_enough_to_see_it(site: Following) -> None:
    old = site.live
    site.host.sh(f"cd {HOME}/releases/{old} && {WORKER}")
    site.host.sudoers(site.fab("check", "--sudoers").out.splitlines())
    assert site.host.run("sudo -n id", "ubuntu").returncode == 1
    deploy(site)
    assert f"{old} is kept: pid " in deploy(site)
    assert old in names(site)


@pytest.mark.parametrize("what", ["", "/{old}/public"], ids=["the releases", "a part of one"])
def test_a_worker_that_sees_its_release_through_a_mount_keeps_it_and_is_found_out(site: Following, what: str) -> None:
    old = site.live
    deploy(site)
    site.host.sh(f"mkdir /opt/rel; mount --bind {HOME}/releases{what.format(old=old)} /opt/rel")
    site.unit("worker", "sleep 4321", place="/opt/rel" if what else f"/opt/rel/{old}")
    assert f"{old} is kept: pid " in deploy(site)
    site.write([{"systemd": "worker"}])
    assert f"from {old}" in site.fab("post-release", code=4).err
