"""What has nothing to do with a release does not decide on it: pools of others, programs that end, what the site started."""

import re

import pytest

from tests.host.booted.following import HOME, Following
from tests.host.booted.test_preflight import POOLS, RELOAD, SERVER
from tests.support.booted import Booted

RESTART = "systemctl reset-failed php8.2-fpm; systemctl restart php8.2-fpm"
POOL = "[other]\nuser = www-data\ngroup = www-data\npm = static\npm.max_children = 1\nlisten = /run/php/other.sock\n"
POOL += "listen.owner = www-data\n"
SILENT = {
    "in a chroot": "chroot = /srv\n",
    "of other extensions": "security.limit_extensions = .phar\n",
    "broken before its script": "php_admin_value[auto_prepend_file] = /nonexistent.php\n",
    "for other clients": "listen = 127.0.0.1:9111\nlisten.allowed_clients = 127.0.0.9\n",
}


@pytest.fixture(scope="module")
def site(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Following:
    """A site that nginx serves through one pool of php-fpm."""
    site = Following(booted, tmp_path_factory.mktemp("site")).set_up()
    site.host.write("/etc/nginx/conf.d/site.conf", SERVER, "root")
    site.host.sh("systemctl reload nginx")
    return site


def pool(site: Following, lines: str) -> None:
    """Another pool, or with "" none."""
    place = f"{POOLS}/other.conf"
    if lines:
        site.host.write(place, POOL + lines, "root")
    site.host.sh(f"{'true' if lines else f'rm {place}'}; {RESTART}")


@pytest.mark.parametrize("lines", SILENT.values(), ids=SILENT)
def test_a_pool_of_another_site_that_cannot_be_asked_is_a_warning(site: Following, lines: str) -> None:
    pool(site, lines)
    try:
        site.write(RELOAD)
        before = site.live
        said = site.fab("deploy", "--ref", "master").err
        assert ("the pool other of php-fpm8.2 gave no answer before reload" in said, site.live != before) == (True, True)
        assert ("closed without an answer" in said) == ("allowed_clients" in lines)
    finally:
        pool(site, "")


SOCKET = "unix:/run/php/php8.2-fpm.sock"
BY_A_MAP = f"map $host $php {{ default {SOCKET}; }}\n{SERVER.replace(SOCKET, '$php')}"


@pytest.mark.parametrize("server", [SERVER, BY_A_MAP], ids=["itself", "by a map"])
def test_the_pool_that_serves_the_site_has_to_answer_however_it_answered_before(site: Following, server: str) -> None:
    site.host.write("/etc/nginx/conf.d/site.conf", server, "root")
    site.host.sh("systemctl reload nginx")
    site.deploy(RELOAD)
    site.host.write(f"{POOLS}/zz.conf", "[www]\nphp_admin_value[auto_prepend_file] = /nonexistent.php\n", "root")
    site.host.sh(RESTART)
    try:
        assert "the pool www of php-fpm8.2 gave no answer" in site.refused("post-release", RELOAD)
        assert "the pool www of php-fpm8.2 gives no answer" in site.fab("deploy", "--ref", "master", code=3).err
    finally:
        site.host.write("/etc/nginx/conf.d/site.conf", SERVER, "root")
        site.host.sh(f"rm {POOLS}/zz.conf; systemctl reload nginx; {RESTART}")


def test_what_hosts_disable_is_not_used(site: Following) -> None:
    disabled = "opcache_get_status,realpath,stream_socket_client,getenv,exec,readlink,fsockopen,ini_set"
    for place in ("fpm", "cli"):
        site.host.write(f"/etc/php/8.2/{place}/conf.d/99-disabled.ini", f"disable_functions = {disabled}\n", "root")
    site.host.sh(RESTART)
    try:
        site.deploy(RELOAD)
    finally:
        site.host.sh(f"rm /etc/php/8.2/*/conf.d/99-disabled.ini; {RESTART}")


def test_a_program_that_does_its_work_and_ends_is_well(site: Following) -> None:
    once = "[program:once]\ncommand=/bin/true\nstartsecs=0\nautorestart=false\nuser=ftsuser\n"
    stays = f"[program:stays]\ncommand=/bin/sleep 1009\ndirectory={HOME}/source\nuser=ftsuser\n"
    site.host.write("/etc/supervisor/conf.d/both.conf", f"[group:both]\nprograms=once,stays\n{once}{stays}", "root")
    site.host.sh("supervisorctl update; until supervisorctl status both:stays | grep -q RUNNING; do sleep 0.1; done")
    site.deploy([{"supervisor": "both:*"}])


PAGE = r"""<?php
exec('cd ' . dirname(__DIR__) . '; sleep 3600 >/dev/null 2>&1 </dev/null &');
exec('bash -c "exec -a \'php-fpm: pool www\' sleep 3601" >/dev/null 2>&1 </dev/null &');
echo 'started';
"""


def test_what_the_site_has_left_in_the_group_of_php_fpm_is_named_and_ended_when_asked_for(site: Following) -> None:
    old = site.deploy(RELOAD)
    site.host.write(f"{HOME}/releases/{old}/public/index.php", PAGE, "ftsuser")
    assert site.host.sh("curl -s -H 'Host: www.example.com' http://127.0.0.1/") == "started"
    pid = site.host.sh("pgrep -f 'sleep 3600$'").split()[0]
    site.write(RELOAD)
    said = site.fab("deploy", "--ref", "master").err
    assert re.search(rf"php8.2-fpm: pid {pid} \(sleep\) has run since 20\S+ from {old}.*sudo kill {pid}", said)
    assert re.search(r"pid \d+ \(php-fpm: pool www 3601\) has run since .*: the site has started it, and it is no worker", said)
    assert site.live != old
    site.host.sh(f"kill -0 {pid}")
    site.host.sudoers(site.fab("check", "--sudoers").out.splitlines())
    site.fab("post-release", "--end-strays")
    assert site.host.run(f"kill -0 {pid}").returncode
