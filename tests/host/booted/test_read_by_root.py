"""Root reads nothing that the release user can write: check names it, and nothing of that kind is run as root."""

import pytest

from tests.host.booted.following import HOME, Following, Services
from tests.support.booted import Booted

FPM: Services = [{"systemd": "php8.2-fpm", "action": "reload"}]
NGINX: Services = [{"systemd": "nginx", "action": "reload"}]
WORKER: Services = [{"systemd": "worker"}]
QUEUE: Services = [{"supervisor": "queue"}]
INCLUDED = {
    "nginx": ("/etc/nginx/conf.d/site.conf", f"include {HOME}/source/nginx/*.conf;\n", NGINX),
    "php-fpm": ("/etc/php/8.2/fpm/pool.d/zz.conf", f"include={HOME}/source/php/*.conf\n", FPM),
}


@pytest.fixture(scope="module")
def site(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Following:
    """A site with a service of each kind."""
    site = Following(booted, tmp_path_factory.mktemp("site")).set_up()
    site.unit("worker", "sleep 1010")
    site.program("queue", "sleep 1011")
    site.deploy([*FPM, *NGINX, *WORKER, *QUEUE])
    return site


def refused(site: Following, services: Services, named: str) -> None:
    """Check, a deploy and a post-release find it; neither runs anything as root."""
    site.write(services)
    lines = site.fab("check", code=3).out.splitlines()
    assert [line for line in lines if "FAIL" in line and f"root reads {named}" in " ".join(line.split())]
    before = site.live
    assert f"root reads {named}" in site.fab("deploy", "--ref", "master", code=3).err
    assert f"root reads {named}" in site.refused("post-release", services)
    assert site.live == before


def test_a_host_as_it_should_be_is_well(site: Following) -> None:
    lines = site.fab("check").out
    assert "nothing that root reads can be written by ftsuser" in " ".join(lines.split())


def test_files_that_root_alone_may_read_stop_nothing(site: Following) -> None:
    site.override("worker", "Environment=A=b")
    own = "/etc/systemd/system/worker.service /etc/systemd/system/worker.service.d/test.conf /etc/supervisor/conf.d/queue.conf"
    site.host.sh(f"chmod 600 {own}; systemctl daemon-reload")
    try:
        site.deploy([*FPM, *NGINX, *WORKER, *QUEUE])
        lines = " ".join(site.fab("check").out.split())
        assert "nothing that root reads can be written by ftsuser" in lines
        assert site.places("[s]leep 1010") == site.places("[s]leep 1011") == {f"{HOME}/releases/{site.live}"}
    finally:
        site.host.sh(f"chmod 644 {own}; rm -r /etc/systemd/system/worker.service.d; systemctl daemon-reload")


@pytest.mark.parametrize("what", ["nginx", "php-fpm"])
def test_a_configuration_that_includes_files_of_a_release_is_refused(site: Following, what: str) -> None:
    file, text, services = INCLUDED[what]
    site.host.write(file, text, "root")
    try:
        refused(site, services, f"{HOME}/source/")
    finally:
        site.host.sh(f"rm {file}")


def test_a_program_of_supervisor_in_a_file_of_the_release_user_is_refused(site: Following) -> None:
    site.host.write(f"{HOME}/zz.conf", "[program:zz]\ncommand=/bin/true\n", "ftsuser")
    site.host.sh(f"ln -s {HOME}/zz.conf /etc/supervisor/conf.d/zz.conf")
    try:
        refused(site, QUEUE, "/etc/supervisor/conf.d/zz.conf")
    finally:
        site.host.sh("rm /etc/supervisor/conf.d/zz.conf")


@pytest.mark.parametrize("place", ["worker.service.d", "worker.service.d/test.conf"])
def test_a_drop_in_that_the_release_user_can_write_is_refused(site: Following, place: str) -> None:
    site.override("worker", "Environment=A=b")
    site.host.sh(f"chgrp ftsuser /etc/systemd/system/{place}; chmod g+w /etc/systemd/system/{place}")
    try:
        refused(site, WORKER, "/etc/systemd/system/worker.service.d/test.conf")
    finally:
        site.host.sh("rm -r /etc/systemd/system/worker.service.d; systemctl daemon-reload")
