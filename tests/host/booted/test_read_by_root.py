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


def refused(site: Following, services: Services, named: str, does: str = "root reads") -> None:
    """Check, a deploy and a post-release find it; neither runs anything as root."""
    site.write(services)
    lines = site.fab("check", code=3).out.splitlines()
    assert [line for line in lines if "FAIL" in line and f"{does} {named}" in " ".join(line.split())]
    before = site.live
    assert f"{does} {named}" in site.fab("deploy", "--ref", "master", code=3).err
    assert f"{does} {named}" in site.refused("post-release", services)
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


@pytest.fixture(scope="module")
def own(site: Following) -> str:
    """A directory of the release user's, with a script and the configuration of an nginx."""
    site.host.sh(f"install -d -o ftsuser {HOME}/own; printf 'load_module {HOME}/own/x.so;' >{HOME}/own/nginx.conf")
    site.host.write(f"{HOME}/own/run.sh", "#!/bin/sh\nid -u >>/run/ran || true\n", "ftsuser")
    site.host.sh(f"chmod 755 {HOME}/own/run.sh")
    return f"{HOME}/own"


RUN = {
    "an environment": ("worker", "User=root\nEnvironmentFile={0}/site.env", "root reads", "site.env"),
    "after the start": ("worker", "User=root\nExecStartPost={0}/run.sh", "systemd worker runs", "run.sh"),
    "before the start": ("worker", "ExecStartPre=+{0}/run.sh", "systemd worker runs", "run.sh"),
    "the same as root": ("worker", "ExecStartPre=!{0}/run.sh", "systemd worker runs", "run.sh"),
    "at its end": ("worker", "ExecStopPost=+-/bin/sh {0}/run.sh", "systemd worker runs", "run.sh"),
    "a second command": ("worker", "User=root\nType=oneshot\nExecStart={0}/run.sh", "systemd worker runs", "run.sh"),
    "a directory": (
        "worker",
        "User=root\nWorkingDirectory={0}\nExecStart=\nExecStart=/bin/sh run.sh",
        "systemd worker runs",
        "",
    ),
    "php.ini": (
        "php8.2-fpm",
        "ExecStart=\nExecStart=/usr/sbin/php-fpm8.2 --nodaemonize -c {0} --fpm-config /etc/php/8.2/fpm/php-fpm.conf",
        "root reads",
        "",
    ),
    "a prefix": ("nginx", "ExecStart=\nExecStart=/usr/sbin/nginx -p {0}/ -c nginx.conf", "root reads", "nginx.conf"),
}


@pytest.mark.parametrize("what", RUN)
def test_what_root_would_run_or_load_of_theirs_is_refused_before_it_is_run(site: Following, own: str, what: str) -> None:
    name, lines, does, file = RUN[what]
    action = {} if name == "worker" else {"action": "reload"}
    site.override(name, lines.format(own))
    try:
        refused(site, [{"systemd": name, **action}], f"{own}/{file}".rstrip("/"), does)
        assert site.host.sh("cat /run/ran || true") == ""
    finally:
        site.host.sh(f"rm -r /etc/systemd/system/{name}.service.d; systemctl daemon-reload")


@pytest.mark.parametrize("key", ["extension", "zend_extension"])
def test_an_extension_of_theirs_is_refused_before_it_is_loaded(site: Following, own: str, key: str) -> None:
    site.host.write("/etc/php/8.2/fpm/conf.d/99-x.ini", f"{key}={own}/x.so\n", "root")
    try:
        refused(site, FPM, f"{own}/x.so")
    finally:
        site.host.sh("rm /etc/php/8.2/fpm/conf.d/99-x.ini")


def test_an_include_of_what_anybody_may_put_there_is_refused(site: Following) -> None:
    site.host.write("/etc/nginx/conf.d/site.conf", "include /tmp/extra/*.conf;\n", "root")
    try:
        refused(site, NGINX, "/tmp/extra/*.conf")  # noqa: S108 a name below a directory that is everybody's
    finally:
        site.host.sh("rm /etc/nginx/conf.d/site.conf")


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("file", ["own/run.sh", "source/public/index.php"])
def test_a_program_of_supervisor_that_root_runs_is_refused(site: Following, file: str) -> None:
    text = f"[program:zz]\ncommand=/bin/sh {HOME}/{file}\nautostart=false\n"
    site.host.write("/etc/supervisor/conf.d/zz.conf", text, "root")
    try:
        refused(site, QUEUE, f"{HOME}/{file}", "supervisor zz runs")
    finally:
        site.host.sh("rm /etc/supervisor/conf.d/zz.conf")


def test_what_they_run_themselves_is_well(site: Following, own: str) -> None:
    commands = (f"={own}/run.sh", "=+/bin/mkdir -p /run/x", f"=+/usr/sbin/runuser -u ftsuser -- {own}/run.sh")
    site.override("worker", "\n".join(f"ExecStartPre{command}" for command in commands))
    try:
        site.write(WORKER)
        assert "nothing that root reads can be written by ftsuser" in " ".join(site.fab("check").out.split())
        site.deploy(WORKER)
    finally:
        site.host.sh("rm -r /etc/systemd/system/worker.service.d; systemctl daemon-reload; systemctl restart worker")


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
