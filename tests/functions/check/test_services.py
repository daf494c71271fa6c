"""check: what systemctl and supervisor would do for each service, what a restart loses, and what root runs of a release."""

import json
from pathlib import Path

import pytest

from tasks.host.access import Viewer
from tasks.host.services import read_by_root
from tests.functions.check.service_host import NGINX, WORKER, ServiceHost, web_host

site = pytest.fixture(web_host)


def test_a_host_where_all_is_well_has_a_line_for_what_was_looked_at(site: ServiceHost) -> None:
    site.unit("worker@1", WORKER)
    found = site.checked(NGINX, {"systemd": "worker@*"})
    assert found.bad == ()
    assert found.ok == (
        "systemd nginx",
        "systemd worker@*",
        "nothing that root reads can be written by ftsuser, nor what it runs (2 files of 2 units and programs looked at)",
        "workers end gracefully: systemd worker@*",
    )


def test_a_unit_that_is_not_there_fails(site: ServiceHost) -> None:
    assert "no systemd unit matches nginks" in site.checked({"systemd": "nginks"}).fail[0]


def test_a_unit_that_only_others_name_is_not_there_as_for_a_deploy(site: ServiceHost) -> None:
    site.unit("auditd", LoadState="not-found", ActiveState="inactive")
    assert "no systemd unit matches auditd" in site.checked({"systemd": "auditd"}).fail[0]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"LoadState": "masked"}, "systemd api cannot be started: it is masked"),
        ({"LoadState": "bad-setting"}, "systemd api cannot be started: it is bad-setting"),
        ({"CanReload": "no"}, "systemd api cannot reload -> # leave out action: reload"),
        ({"ActiveState": "inactive"}, "systemd api is inactive, and only one that runs can reload"),
        ({"ActiveState": "failed"}, "systemd api is failed, and only one that runs can reload"),
    ],
)
def test_what_systemctl_would_refuse_fails(site: ServiceHost, about: dict[str, str], why: str) -> None:
    site.unit("api", **about)
    (line,) = site.checked({"systemd": "api", "action": "reload"}).fail
    assert why in line


def test_a_unit_that_has_failed_is_a_warning_where_it_is_restarted(site: ServiceHost) -> None:
    site.unit("api", ActiveState="failed")
    found = site.checked({"systemd": "api"})
    assert (found.warn, found.fail) == (("systemd api has failed -> sudo systemctl status api",), ())


@pytest.mark.parametrize("program", ["/usr/sbin/php-fpm8.2 --nodaemonize", "/usr/sbin/nginx -g x", "/usr/sbin/apache2"])
def test_a_web_server_that_is_restarted_loses_requests(site: ServiceHost, program: str) -> None:
    site.unit("web", program)
    (line,) = site.checked({"systemd": "web"}).warn
    assert (
        line
        == "requests to web are lost while it restarts -> use reload: {systemd: web, action: reload} in services of hosts.yml"
    )


def test_a_web_server_that_is_reloaded_loses_none(site: ServiceHost) -> None:
    assert site.checked(NGINX).warn == ()


def test_a_unit_that_listens_loses_requests_and_where_is_in_the_line(site: ServiceHost) -> None:
    site.unit("api", ControlGroup="/system.slice/api.service", CanReload="no")
    listening = ("127.0.0.1:8001 0.0.0.0:*  cgroup:/system.slice/api.service", "*:80 *:* cgroup:/system.slice/api.service-2")
    (site.units / "listening").write_text("".join(f"LISTEN 0      128  {each}   \n" for each in listening))
    (line,) = site.checked({"systemd": "api"}).warn
    assert line.startswith(
        "requests to api (127.0.0.1:8001) are lost while it restarts -> let a systemd socket unit listen for it"
    )


def test_a_group_that_ss_cannot_name_is_found_by_its_number(site: ServiceHost) -> None:
    site.unit("api", ControlGroup="/")
    number = Path("/sys/fs/cgroup").stat().st_ino
    (site.units / "listening").write_text(f"LISTEN 0 5 [::]:81 [::]:* cgroup:unreachable:{number:x}\n")
    assert "requests to api ([::]:81) are lost" in site.checked({"systemd": "api"}).warn[0]


def test_a_unit_that_does_not_listen_loses_none(site: ServiceHost) -> None:
    site.unit("api", ControlGroup="/system.slice/api.service")
    (site.units / "listening").write_text("LISTEN 0 5 *:80 *:* cgroup:/system.slice/nginx.service\n")
    assert site.checked({"systemd": "api"}).bad == ()


@pytest.fixture
def theirs(site: ServiceHost, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of the release user's."""
    monkeypatch.setattr(read_by_root, "viewer", lambda name: Viewer(name, 54321, frozenset()))
    folder = site.host.folder / "theirs"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.mark.parametrize("services", [(), (NGINX,)])
@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("{0}/bin/worker", {"User": ""}),
        ("/usr/bin/php {0}/bin/console x", {"User": "root"}),
        ("/usr/bin/php bin/console x", {"User": "", "WorkingDirectory": "{0}"}),
    ],
)
def test_a_unit_that_runs_what_they_write_as_root_fails_be_it_named_or_not(
    site: ServiceHost, theirs: Path, words: str, about: dict[str, str], services: tuple[dict[str, str], ...]
) -> None:
    site.unit("cron-thing", words.format(theirs), **{key: value.format(theirs) for key, value in about.items()})
    found = site.checked(*services)
    (line,) = found.fail
    assert not [each for each in found.ok if each.startswith("nothing that root reads")]
    assert line.startswith(f"systemd cron-thing runs {theirs}")
    assert f"as root, and ftsuser can write {theirs} -> # set User= in the unit" in line


def test_a_worker_that_would_die_at_work_is_a_warning(site: ServiceHost) -> None:
    site.unit("worker@1", WORKER, TimeoutStopUSec="2s")
    (line,) = site.checked({"systemd": "worker@*"}).warn
    assert line.startswith("systemd worker@*: a message that takes more than 2s is killed at each restart (TimeoutStopSec)")


def test_a_worker_of_another_site_is_not_judged(site: ServiceHost) -> None:
    site.unit("worker@1", WORKER, TimeoutStopUSec="2s", WorkingDirectory="/srv/other")
    assert site.checked(NGINX).bad == ()


def test_a_worker_that_runs_this_sites_code_is_judged_though_nobody_names_it(site: ServiceHost) -> None:
    site.unit("worker", WORKER, TimeoutStopUSec="2s", WorkingDirectory="/home/f/source")
    assert "systemd worker: a message" in site.checked(NGINX).warn[0]


@pytest.mark.parametrize(
    "script", ["exit 1", "echo 'System has not been booted with systemd'; exit 1", "kill -9 $$", "head -c 999 /dev/urandom"]
)
def test_a_systemd_that_does_not_answer_gets_a_line_and_no_traceback(site: ServiceHost, script: str) -> None:
    site.host.program("systemctl", script)
    found = site.checked({"systemd": "x"})
    assert [each for each in found.warn if each.startswith("systemd does not answer")]
    assert not [each for each in found.bad if "could not be looked at" in each]


def test_a_host_without_ss_is_no_traceback(site: ServiceHost) -> None:
    (site.host.programs / "ss").write_text("#!/nonexistent\n")
    site.unit("api", ControlGroup="/system.slice/api.service")
    assert site.checked({"systemd": "api"}).bad == ()


def test_odd_names_are_no_trouble(site: ServiceHost) -> None:
    odd = "é'\"$HOME;`id`\\d%(x)s"
    site.unit("odd", f"/usr/bin/php {odd} messenger:consume", WorkingDirectory="-/a b/" + odd)
    found = site.checked({"systemd": odd}, {"supervisor": odd}, live=f"/home/{odd}/[source", releases="/home/(releases")
    assert not [each for each in found.bad if "could not be looked at" in each]
    assert json.dumps(odd) in map(
        json.dumps, [each.removeprefix("no systemd unit matches ").partition(" -> ")[0] for each in found.fail]
    )


def test_a_unit_whose_file_only_root_may_read_is_known(site: ServiceHost) -> None:
    shown = "*=Id*) printf 'Id=closed.service\\nLoadState=loaded\\n' ;;"
    systemctl = f'case "$*" in {shown} cat*) echo "Failed to cat: Permission denied"; exit 1 ;; esac'
    site.host.program("systemctl", systemctl)
    assert "systemd closed" in site.checked({"systemd": "closed"}).ok
