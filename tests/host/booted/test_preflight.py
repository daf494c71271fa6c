"""A deploy asks the services all that can be asked without doing anything; what would fail is refused before it is begun."""

from collections.abc import Iterator

import pytest

from tests.host.booted.following import HOME, Following, Services
from tests.support.booted import Booted

RELOAD = [{"systemd": "php8.2-fpm", "action": "reload"}]
SERVER = f"""\
server {{
    listen 80; server_name www.example.com; root {HOME}/source/public;
    location / {{
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $realpath_root/index.php;
        fastcgi_pass unix:/run/php/php8.2-fpm.sock;
    }}
}}
"""
POOLS = "/etc/php/8.2/fpm/pool.d"
SUPERVISOR = "/etc/supervisor/supervisord.conf"


@pytest.fixture(scope="module")
def site(booted: Booted, tmp_path_factory: pytest.TempPathFactory) -> Following:
    """A site that nginx serves through one pool of php-fpm."""
    site = Following(booted, tmp_path_factory.mktemp("site")).set_up()
    site.host.write("/etc/nginx/conf.d/site.conf", SERVER, "root")
    site.host.sh("systemctl reload nginx")
    site.program("queue", "sleep 1009")
    site.deploy(RELOAD)
    return site


@pytest.fixture
def untouched(site: Following) -> Iterator[Following]:
    """What is live, and what is there, stays."""
    before = site.host.sh(f"readlink {HOME}/source; ls {HOME}/releases; cat {HOME}/builds/source/history")
    yield site
    assert site.host.sh(f"readlink {HOME}/source; ls {HOME}/releases; cat {HOME}/builds/source/history") == before


CLOSED = f"www-data (nginx) may not go through {HOME}, which leads to {HOME}/source/public"
CLOSE, OPEN = f"stat -c %a {HOME} >/run/mode; chmod 700 {HOME}", f"chmod $(cat /run/mode) {HOME}"
FIXED = f"s#root {HOME}/source/#root '\"$(realpath {HOME}/source)\"'/#"
BROKEN = {
    "a home that nobody may go through": (RELOAD, CLOSE, OPEN, CLOSED),
    "releases that nobody may go through": (
        RELOAD,
        f"chmod 700 {HOME}/releases",
        f"chmod 755 {HOME}/releases",
        f"www-data (php-fpm) may not go through {HOME}/releases, which leads to {HOME}/source",
    ),
    "a server that serves one release for ever": (
        RELOAD,
        f"sed -i '{FIXED}' /etc/nginx/conf.d/site.conf",
        f"sed -i 's#root [^;]*#root {HOME}/source/public#' /etc/nginx/conf.d/site.conf",
        "a release and not the live link: a cutover changes nothing",
    ),
    "a unit that is not there": ([{"systemd": "nginks"}], "true", "true", "no systemd unit matches nginks"),
    "a glob that matches nothing": ([{"systemd": "nginks@*"}], "true", "true", "no systemd unit matches nginks@*"),
    "a masked unit": (
        [{"systemd": "masked"}],
        "ln -s /dev/null /etc/systemd/system/masked.service; systemctl daemon-reload",
        "rm /etc/systemd/system/masked.service; systemctl daemon-reload",
        "masked.service cannot be started: it is masked",
    ),
    "a unit that refuses to be restarted by hand": (
        [{"systemd": "manual"}],
        "printf '[Unit]\\nRefuseManualStop=yes\\n[Service]\\nExecStart=/bin/sleep 1009\\n' >/etc/systemd/system/manual.service;"
        " systemctl daemon-reload; systemctl start manual",
        "sed -i /Refuse/d /etc/systemd/system/manual.service; systemctl daemon-reload; systemctl stop manual;"
        " rm /etc/systemd/system/manual.service; systemctl daemon-reload",
        "manual.service refuses to be started or stopped by hand",
    ),
    "a unit that cannot reload": ([{"systemd": "ssh-agent-none"}], "true", "true", "no systemd unit matches ssh-agent-none"),
    "a reload of what does not run": (
        RELOAD,
        "systemctl stop php8.2-fpm",
        "systemctl start php8.2-fpm",
        "only one that runs can reload",
    ),
    "a program that is not there": ([{"supervisor": "queu"}], "true", "true", "supervisor knows no program queu"),
    "a supervisor that does not run": (
        [{"supervisor": "queue"}],
        "systemctl stop supervisor",
        "systemctl start supervisor; until supervisorctl status queue | grep -q RUNNING; do sleep 0.2; done",
        "supervisor does not answer",
    ),
    "another password of its socket": (
        [{"supervisor": "queue"}],
        f"cp {SUPERVISOR} {SUPERVISOR}.kept; sed -i '/^\\[unix_http_server\\]/a username = a\\npassword = b' {SUPERVISOR};"
        f" systemctl restart supervisor;"
        " until supervisorctl status </dev/null 2>&1 | grep -qi 'authenticat'; do sleep 0.2; done;"
        f" mv {SUPERVISOR}.kept {SUPERVISOR}",
        "systemctl restart supervisor; until supervisorctl status queue | grep -q RUNNING; do sleep 0.2; done",
        "supervisor does not answer",
    ),
    "a configuration that is broken": (
        [{"systemd": "nginx", "action": "reload"}],
        "echo 'nonsense;' >/etc/nginx/conf.d/broken.conf",
        "rm /etc/nginx/conf.d/broken.conf",
        "refuses its configuration",
    ),
    "a pool whose open_basedir keeps the probe out": (
        RELOAD,
        f"printf '[www]\\nphp_admin_value[open_basedir] = {HOME}\\n' >{POOLS}/zz.conf; systemctl restart php8.2-fpm",
        f"rm {POOLS}/zz.conf; systemctl restart php8.2-fpm",
        "the pool www of php-fpm8.2 gives no answer: its open_basedir does not permit /usr/local/lib/release-probe",
    ),
    "a pool that stands still": (
        RELOAD,
        "pkill -STOP php-fpm",
        "pkill -CONT php-fpm",
        "the pool www of php-fpm8.2 gives no answer: unix:///run/php/php8.2-fpm.sock: no answer within 5 seconds",
    ),
    "an open_basedir before the probe is there": (
        RELOAD,
        f"rm -r /usr/local/lib/release-probe; printf '[www]\\nphp_admin_value[open_basedir] = {HOME}\\n' >{POOLS}/zz.conf;"
        " systemctl restart php8.2-fpm",
        f"rm {POOLS}/zz.conf; systemctl restart php8.2-fpm",
        "the pool www of php-fpm8.2 gives no answer: its open_basedir does not permit /usr/local/lib/release-probe",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_would_fail_after_the_cutover_is_refused_before_anything_is_touched(untouched: Following, what: str) -> None:
    services, spoil, mend, why = BROKEN[what]
    untouched.write(services)
    untouched.host.sh(spoil)
    try:
        assert why in untouched.fab("deploy", "--ref", "master", code=3).err
        if any(word in why for word in ("pool", "may not go through", "not the live link")):
            assert why in untouched.fab("check", code=3).out
    finally:
        untouched.host.sh(mend)


def test_a_full_temporary_directory_is_replaced_by_another(site: Following) -> None:
    site.host.sh("mount -t tmpfs -o size=4k,nr_inodes=50 none /tmp; head -c 8k /dev/zero >/tmp/fill || true")
    try:
        site.write(RELOAD)
        assert "nothing can be written to /tmp" in site.fab("deploy", "--ref", "master").err
    finally:
        site.host.sh("umount --lazy /tmp")


def test_a_pool_that_answers_its_own_visitors_alone_is_asked_as_one_of_them(site: Following) -> None:
    refuses = "<?php if (($_SERVER['HTTP_HOST'] ?? '') !== 'www.example.com') { http_response_code(403); exit('no'); }"
    site.host.write("/etc/php/prepend.php", refuses, "root")
    site.host.write(f"{POOLS}/zz.conf", "[www]\nphp_admin_value[auto_prepend_file] = /etc/php/prepend.php\n", "root")
    site.host.sh("systemctl restart php8.2-fpm")
    try:
        site.deploy(RELOAD)
    finally:
        site.host.sh(f"rm {POOLS}/zz.conf; systemctl restart php8.2-fpm")


@pytest.mark.parametrize("verb", ["post-release", "rollback"])
def test_the_way_back_is_only_warned(site: Following, verb: str) -> None:
    services: Services = [{"systemd": "nginks"}]
    site.deploy(RELOAD)
    site.deploy(RELOAD)
    site.write(services)
    ran = site.fab(verb, code=4)
    assert ran.err.count("no systemd unit matches nginks") > 1
    site.deploy(RELOAD)


@pytest.mark.parametrize("verb", ["post-release", "rollback"])
def test_the_way_back_is_warned_of_what_keeps_visitors_out(site: Following, verb: str) -> None:
    site.deploy(RELOAD)
    site.deploy(RELOAD)
    site.host.sh(CLOSE)
    try:
        ran = site.fab(verb, code=4)
    finally:
        site.host.sh(OPEN)
    assert f"warning: {CLOSED}" in ran.err
    site.deploy(RELOAD)


def test_a_release_is_refused_as_a_deploy_is(untouched: Following) -> None:
    untouched.write(RELOAD)
    untouched.host.sh(CLOSE)
    try:
        assert CLOSED in untouched.fab("release", "--ref", "master", code=3).err
        assert CLOSED in untouched.fab("release", "--name", f"{untouched.live}", code=3).err
    finally:
        untouched.host.sh(OPEN)


VERIFY = {"php": "public/index.php", "url": "/health?x=1", "contains": "source-"}


@pytest.mark.parametrize("verb", ["release", "deploy"])
def test_a_release_is_asked_by_its_pool_before_it_has_visitors(site: Following, verb: str) -> None:
    site.write(RELOAD, verify=[VERIFY])
    site.fab(verb, "--ref", "master")
    live = site.live
    for wrong, why in (
        ({"contains": "no such text"}, "answered 200, but 'no such text' is not in the body"),
        ({"status": 503}, "answered 200 instead of 503"),
        ({"php": "public/nothing.php"}, "answered 404 instead of 200"),
    ):
        site.write(RELOAD, verify=[{**VERIFY, **wrong}])
        said = site.fab(verb, "--ref", "master", code=3).err
        assert (why in said, "stays built" in said, site.live) == (True, True, live)
    site.deploy(RELOAD)
