"""check: does nginx lead through the live link, does php-fpm get the release, and does its reload wait for requests?"""

import pytest

from tasks.host.check import serving
from tasks.host.services import units
from tests.functions.check.conftest import Machine
from tests.functions.check.web_host import DOCUMENT_ROOT, GOOD, ME, WebHost


@pytest.fixture
def web(machine: Machine) -> WebHost:
    """A host where all is well, with a release live."""
    machine.release()
    return WebHost(machine)


def test_a_host_where_all_is_well_has_no_other_line(web: WebHost) -> None:
    found = web.checked()
    assert found.bad == ()
    assert found.ok == (
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
def test_a_php_that_gets_the_link_runs_stale_code(web: WebHost, params: str, why: str) -> None:
    web.serve(params)
    (line,) = web.checked().warn
    assert f"www.example.com has {why}: stale code after a release, until php-fpm is reloaded -> " in line
    assert f"in {web.folder}/nginx.conf, then sudo nginx -t" in line


@pytest.mark.parametrize(
    "params",
    [GOOD + DOCUMENT_ROOT + " $realpath_root;", DOCUMENT_ROOT + " $document_root;" + GOOD + DOCUMENT_ROOT + " $realpath_root;"],
)
def test_the_last_parameter_of_a_name_is_what_counts(web: WebHost, params: str) -> None:
    web.serve(params)
    assert web.checked().bad == ()


def test_a_script_that_is_named_by_the_link_is_stale_too(web: WebHost) -> None:
    web.serve(f"fastcgi_param SCRIPT_FILENAME {web.host.live}/public/index.php;", root="/srv/static")
    assert "stale code after a release" in web.checked().warn[0]


@pytest.mark.parametrize("root", ["home/releases/{name}/public", "home/x/../releases/{name}/public", "etc/www/public"])
def test_a_root_that_is_the_release_itself_fails(web: WebHost, root: str) -> None:
    name = web.host.live.readlink().name
    (web.folder / "www").symlink_to(web.host.releases / name)
    web.serve(GOOD, root=f"{web.host.folder}/{root.format(name=name)}")
    (line,) = web.checked().fail
    assert "a release and not the live link: a cutover changes nothing -> # put " in line


def test_a_root_that_leads_through_the_link_by_another_name_is_well(web: WebHost) -> None:
    (web.folder / "www").symlink_to(web.host.live)
    web.serve(GOOD, root=f"{web.folder}/www/public")
    assert web.checked().bad == ()


def test_the_release_of_another_environment_is_not_this_ones(web: WebHost) -> None:
    other = web.host.releases / "source-preprod-20260101T000000Z"
    other.mkdir()
    web.serve(GOOD, root=f"{other}/public")
    found = web.checked()
    assert not found.fail
    assert "no server has its root in" in found.warn[0]
    assert not [line for line in found.ok if "(nginx)" in line]


def test_other_sites_of_the_host_are_not_judged(web: WebHost) -> None:
    web.serve(GOOD, more="server { root /srv/other; location / { fastcgi_pass x; } }")
    assert web.checked().bad == ()


def test_a_host_without_nginx_gets_a_line(web: WebHost) -> None:
    (web.folder / "nginx.conf").unlink()
    assert "nginx: there is no" in web.checked().warn[0]


def test_a_configuration_that_may_not_be_read_gets_a_line(web: WebHost) -> None:
    (web.folder / "nginx.conf").unlink()
    (web.folder / "nginx.conf").mkdir()
    assert f"{web.folder}/nginx.conf cannot be read" in web.checked().warn[0]


@pytest.mark.parametrize("script", ["exit 1", "echo 'Id=x'; exit 1", "kill -9 $$", "head -c 2000 /dev/urandom"])
def test_a_host_without_systemd_is_no_traceback(web: WebHost, script: str) -> None:
    web.systemctl(script)
    found = web.checked()
    assert not [each for each in found.bad if "could not be looked at" in each]


def test_without_systemd_the_usual_files_of_php_fpm_are_read(web: WebHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PLACES", ("/nonexistent/*", f"{web.folder}/php-f*.conf"))
    monkeypatch.setattr(units, "NGINX", f"{web.folder}/nginx.conf")
    web.systemctl("exit 1")
    (web.host.live / "var").mkdir()
    assert f"writable: {ME} (php-fpm) can write to var" in web.checked("var").ok


@pytest.mark.parametrize("setting", ["", "process_control_timeout = 0", "process_control_timeout = 0s"])
def test_a_reload_that_waits_for_nobody_has_the_number_that_may_die(web: WebHost, setting: str) -> None:
    web.pools(setting)
    (line,) = web.checked().warn
    assert "php8.2-fpm has process_control_timeout 0: requests in flight die at each reload, up to 8 -> " in line
    assert f"under [global] of {web.folder}/php-fpm.conf" in line


def test_a_php_fpm_that_is_never_reloaded_is_not_asked_how_long_it_waits(web: WebHost) -> None:
    web.pools("")
    assert web.checked(units=[]).bad == ()


def test_pools_that_may_not_be_read_get_a_line(web: WebHost) -> None:
    (web.folder / "php-fpm.conf").unlink()
    assert f"php-fpm: {web.folder}/php-fpm.conf cannot be read" in web.checked().warn[0]


def test_another_php_on_the_command_line_is_a_warning(web: WebHost) -> None:
    web.versions("8.2.36", "8.4.1")
    (line,) = web.checked().warn
    assert line.startswith(
        "php8.2-fpm runs PHP 8.2, and php is 8.4: what Composer checks and warms is not what runs -> name php8.2"
    )


def test_a_host_without_php_has_nothing_to_compare(web: WebHost) -> None:
    (web.host.programs / "php").write_text("#!/bin/bash\nexit 1\n")
    assert web.checked().bad == ()


def test_odd_names_are_no_trouble(web: WebHost) -> None:
    odd = "a 'b' \"c\" \\d\té$HOME;"
    (web.host.live / odd).mkdir()
    found = web.checked(odd, "{x}", runtime_files=[["*.é", False], ["[", False], ["$x", True]])
    assert [each for each in found.ok if odd in each]
    assert not [each for each in found.bad if "could not be looked at" in each]
