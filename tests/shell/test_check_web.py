"""check: does nginx lead through the live link, is php-fpm told the release, and does its reload wait for requests?"""

import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.phases.check import check_web
from tests.support.checked import Told, lay_live, told
from tests.support.host import LocalHost

ME = pwd.getpwuid(Path("/proc/self").stat().st_uid).pw_name
SHOW = "{{ path={path} ; argv[]={path} {words} ; ignore_errors=no ; start_time=[n/a] ; pid=1 }}"
GOOD = "fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;"
DOCUMENT_ROOT = "fastcgi_param DOCUMENT_ROOT"
SERVICES = [{"systemd": "php8.2-fpm", "action": "reload"}, {"systemd": "nginx", "action": "reload"}]

Asked = Callable[..., Told]


class WebHost:
    """A host whose systemctl names an nginx and a php-fpm with configurations of the test's."""

    def __init__(self, host: LocalHost) -> None:
        self.host, self.folder = host, host.folder / "etc"
        self.folder.mkdir()
        self.fpm = self.folder / "php-fpm8.2"
        self.serve(GOOD)
        self.pools("process_control_timeout = 10s")
        self.versions("8.2.36", "8.2.36")

    def serve(self, params: str, root: str = "{live}/public", more: str = "") -> None:
        """A server with these parameters for php-fpm."""
        server = "root %s; server_name www.example.com; location / { fastcgi_pass unix:%s; %s }"
        text = server % (root.format(live=self.host.live), self.folder / "php.sock", params)
        self.nginx("http { server { " + text + "} " + more + "}")

    def nginx(self, text: str) -> None:
        """The whole of nginx.conf."""
        (self.folder / "nginx.conf").write_text(f"user {ME}; {text}")

    def pools(self, settings: str, user: str = ME) -> None:
        """Settings of php-fpm, and its pools."""
        pools = f"[www]\nuser = {user}\nlisten = {self.folder}/php.sock\npm.max_children = 5\n[b]\npm.max_children = 3\n"
        (self.folder / "php-fpm.conf").write_text(f"[global]\n{settings}\n{pools}")

    def versions(self, fpm: str, cli: str) -> None:
        """What php-fpm and php say they are."""
        for file, said in ((self.fpm, f"PHP {fpm} (fpm-fcgi)"), (self.host.shims / "php", cli.rpartition(".")[0])):
            file.write_text(f"#!/bin/bash\necho '{said}'\n")
            file.chmod(0o755)

    def systemctl(self, script: str) -> None:
        """The systemctl of the host."""
        (self.host.shims / "systemctl").write_text(f"#!/bin/bash\n{script}\n")
        (self.host.shims / "systemctl").chmod(0o755)

    def asked(self, **keys: object) -> Told:
        """What the web half tells."""
        fpm = SHOW.format(path=self.fpm, words=f"--nodaemonize --fpm-config {self.folder}/php-fpm.conf")
        nginx = SHOW.format(path="/usr/sbin/nginx", words=f"-c {self.folder}/nginx.conf")
        if not (self.host.shims / "systemctl").exists():
            self.systemctl(
                f"""case "$*" in *" -- nginx.service") echo "ExecStart={nginx}" ;; *fpm*)
                printf 'Id=php8.2-fpm.service\\nExecStart={fpm}\\n\\nId=other.service\\nExecStart={nginx}\\n' ;; esac"""
            )
        return told(self.host.run(check_web(self.host.use(**{"services": SERVICES, **keys}))))


@pytest.fixture
def web(bare_host: LocalHost) -> WebHost:
    """A host where all is well, with a release live."""
    lay_live(bare_host)
    return WebHost(bare_host)


def test_a_host_where_all_is_well_has_no_other_line(web: WebHost) -> None:
    said = web.asked()
    assert said.bad == ()
    assert said.ok == (
        f"nginx: www.example.com serves {web.host.live}/public by $realpath_root",
        "php8.2-fpm: requests in flight have 10 s to end at a reload (process_control_timeout)",
        "php8.2-fpm runs PHP 8.2, as php does",
        f"{ME} (nginx) can read the live release",
        f"{ME} (php-fpm) can read the live release",
    )


@pytest.mark.parametrize(
    ("params", "why"),
    [
        (
            "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;",
            "SCRIPT_FILENAME $document_root$fastcgi_script_name",
        ),
        (GOOD + "fastcgi_param SCRIPT_FILENAME $request_filename;", "SCRIPT_FILENAME $request_filename"),
        ("", "SCRIPT_FILENAME not set"),
        (GOOD + DOCUMENT_ROOT + " $document_root;", "DOCUMENT_ROOT $document_root"),
        (GOOD + DOCUMENT_ROOT + " $realpath_root;" + DOCUMENT_ROOT + " $document_root;", "DOCUMENT_ROOT $document_root"),
    ],
)
def test_a_php_that_is_told_the_link_runs_stale_code(web: WebHost, params: str, why: str) -> None:
    web.serve(params)
    (said,) = web.asked().warn
    assert f"www.example.com has {why}: stale code after a release, until php-fpm is reloaded -> " in said
    assert f"in {web.folder}/nginx.conf, then sudo nginx -t" in said


@pytest.mark.parametrize(
    "params",
    [GOOD + DOCUMENT_ROOT + " $realpath_root;", DOCUMENT_ROOT + " $document_root;" + GOOD + DOCUMENT_ROOT + " $realpath_root;"],
)
def test_the_last_parameter_of_a_name_is_what_counts(web: WebHost, params: str) -> None:
    web.serve(params)
    assert web.asked().bad == ()


def test_a_script_that_is_named_by_the_link_is_stale_too(web: WebHost) -> None:
    web.serve(f"fastcgi_param SCRIPT_FILENAME {web.host.live}/public/index.php;", root="/srv/static")
    assert "stale code after a release" in web.asked().warn[0]


@pytest.mark.parametrize("root", ["home/releases/{name}/public", "home/x/../releases/{name}/public", "etc/www/public"])
def test_a_root_that_is_the_release_itself_fails(web: WebHost, root: str) -> None:
    name = web.host.live.readlink().name
    (web.folder / "www").symlink_to(web.host.releases / name)
    web.serve(GOOD, root=f"{web.host.folder}/{root.format(name=name)}")
    (said,) = web.asked().fail
    assert "a release and not the live link: a cutover changes nothing -> put " in said


def test_a_root_that_leads_through_the_link_by_another_name_is_well(web: WebHost) -> None:
    (web.folder / "www").symlink_to(web.host.live)
    web.serve(GOOD, root=f"{web.folder}/www/public")
    assert web.asked().bad == ()


def test_the_release_of_another_environment_is_not_this_ones(web: WebHost) -> None:
    other = web.host.releases / "source-preprod-20260101T000000Z"
    other.mkdir()
    web.serve(GOOD, root=f"{other}/public")
    said = web.asked()
    assert not said.fail
    assert "no server has its root in" in said.warn[0]


def test_other_sites_of_the_host_are_not_judged(web: WebHost) -> None:
    web.serve(GOOD, more="server { root /srv/other; location / { fastcgi_pass x; } }")
    assert web.asked().bad == ()


def test_a_host_without_nginx_gets_a_line(web: WebHost) -> None:
    (web.folder / "nginx.conf").unlink()
    assert "nginx: there is no" in web.asked().warn[0]


def test_a_configuration_that_may_not_be_read_gets_a_line(web: WebHost) -> None:
    (web.folder / "nginx.conf").unlink()
    (web.folder / "nginx.conf").mkdir()
    assert f"{web.folder}/nginx.conf cannot be read" in web.asked().warn[0]


@pytest.mark.parametrize("script", ["exit 1", "echo 'Id=x'; exit 1", "kill -9 $$", "head -c 2000 /dev/urandom"])
def test_a_host_without_systemd_is_no_traceback(web: WebHost, script: str) -> None:
    web.systemctl(script)
    said = web.asked()
    assert not [each for each in said.bad if "could not be looked at" in each]


@pytest.mark.parametrize("setting", ["", "process_control_timeout = 0", "process_control_timeout = 0s"])
def test_a_reload_that_waits_for_nobody_tells_how_many_may_die(web: WebHost, setting: str) -> None:
    web.pools(setting)
    (said,) = web.asked().warn
    assert "php8.2-fpm has process_control_timeout 0: requests in flight die at each reload, up to 8 -> " in said
    assert f"under [global] of {web.folder}/php-fpm.conf" in said


def test_a_php_fpm_that_is_never_reloaded_is_not_asked_how_long_it_waits(web: WebHost) -> None:
    web.pools("")
    assert web.asked(services=[]).bad == ()


def test_pools_that_may_not_be_read_get_a_line(web: WebHost) -> None:
    (web.folder / "php-fpm.conf").unlink()
    assert f"php-fpm: {web.folder}/php-fpm.conf cannot be read" in web.asked().warn[0]


def test_another_php_on_the_command_line_is_a_warning(web: WebHost) -> None:
    web.versions("8.2.36", "8.4.1")
    (said,) = web.asked().warn
    assert said.startswith(
        "php8.2-fpm runs PHP 8.2, and php is 8.4: what Composer checks and warms is not what runs -> name php8.2"
    )


def test_a_host_without_php_has_nothing_to_compare(web: WebHost) -> None:
    (web.host.shims / "php").write_text("#!/bin/bash\nexit 1\n")
    assert web.asked().bad == ()


def test_a_user_that_is_not_there_fails(web: WebHost) -> None:
    web.pools("process_control_timeout = 10s", user="no-such-user")
    assert "php-fpm runs as no-such-user, and this host has no such user" in web.asked().fail[0]


def test_what_is_writable_is_told_and_what_is_not_there_is_the_next_builds(web: WebHost) -> None:
    (web.host.live / "var").mkdir()
    said = web.asked(writable=["var", "none"])
    assert f"writable: {ME} (php-fpm) can write to var" in said.ok
    assert said.bad == ("writable: there is no none in the live release -> the next build makes it",)


def test_before_a_first_release_nothing_is_said_of_its_files(bare_host: LocalHost) -> None:
    web = WebHost(bare_host)
    bare_host.releases.mkdir()
    said = web.asked(writable=["var"])
    assert said.bad == ()
    assert not [each for each in said.ok if "live release" in each]


def test_odd_names_are_no_trouble(web: WebHost) -> None:
    odd = "a 'b' \"c\" \\d\té$HOME;"
    (web.host.live / odd).mkdir()
    said = web.asked(writable=[odd, "{x}"], runtime_files=["*.é", "[", "$x"])
    assert [each for each in said.ok if odd in each]
    assert not [each for each in said.bad if "could not be looked at" in each]
