"""check: what systemctl and supervisor would do for each service, what a restart loses, and what root runs of a release."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.phases.check import check_services
from tests.support.checked import Told, told
from tests.support.host import LocalHost

COMMANDS = {
    "systemctl": """
    words="$*" found=()
    case $1 in
        list-unit-files)
            for unit in "$UNITS"/*.service; do echo "${unit##*/} enabled enabled"; done
            echo 'worker@.service static'
            ;;
        show) for unit in "$UNITS"/*.service; do printf '%s\\n\\n' "$(<"$unit")"; done ;;
        list-units) compgen -G "$UNITS/${words##* }.service" ;;
        cat) [[ -e $UNITS/${words##* }.service ]] ;;
    esac
    """,
    "sudo": """
    case "$*" in
        '-n -l -u root -- '*) [[ -e $UNITS/allowed ]] && echo "${*:6}" ;;
        '-n -ll'* | *' -tt') ;;
        '-n supervisorctl status '*) [[ -e $UNITS/allowed ]] && exit "$(<"$UNITS/allowed")"; touch "$UNITS/did-something" ;;
        *) touch "$UNITS/did-something" ;;
    esac
    """,
    "ss": 'cat "$UNITS/listening" 2>/dev/null',
}
EXEC = "{{ path=/bin/x ; argv[]={words} ; ignore_errors=no ; start_time=[n/a] ; pid=1 }}"
WORKER = "/usr/bin/php bin/console messenger:consume async"

Asked = Callable[..., Told]


class ServiceHost:
    """A host with the units that a test makes."""

    def __init__(self, host: LocalHost) -> None:
        self.host, self.units = host, host.folder / "units"
        self.units.mkdir()
        host.variables["UNITS"] = str(self.units)
        for name, script in COMMANDS.items():
            self.command(name, script)

    def command(self, name: str, script: str) -> None:
        """A command of the host."""
        (self.host.shims / name).write_text(f"#!/bin/bash\n{script}\n")
        (self.host.shims / name).chmod(0o755)

    def unit(self, name: str, words: str = "/usr/bin/true", **about: str) -> None:
        """A unit that runs, and can reload."""
        usual = {
            "Names": f"{name}.service",
            "LoadState": "loaded",
            "ActiveState": "active",
            "CanReload": "yes",
            "User": "www-data",
        }
        said = {"Id": f"{name}.service", **usual, "ExecStart": EXEC.format(words=words), **about}
        (self.units / f"{name}.service").write_text("".join(f"{key}={value}\n" for key, value in said.items()))

    def asked(self, *services: dict[str, str], live: str = "/home/f/source", releases: str = "/home/f/releases") -> Told:
        """What the service user's half tells, the lines of sudo left out."""
        environment = self.host.use(services=list(services))
        said = told(self.host.run(check_services(environment, live, releases)))
        assert not (self.units / "did-something").exists()
        return Told(
            tuple(line for line in said.ok if not line.startswith("sudo ")),
            said.warn,
            tuple(line for line in said.fail if not line.startswith("sudo ")),
        )


@pytest.fixture
def site(bare_host: LocalHost) -> ServiceHost:
    """A host with a web server that may be reloaded."""
    site = ServiceHost(bare_host)
    site.unit("nginx", "/usr/sbin/nginx -g x")
    return site


NGINX = {"systemd": "nginx", "action": "reload"}


def test_a_host_where_all_is_well_says_what_was_looked_at(site: ServiceHost) -> None:
    site.unit("worker@1", WORKER)
    said = site.asked(NGINX, {"systemd": "worker@*"})
    assert said.bad == ()
    assert said.ok == (
        "systemd nginx",
        "systemd worker@*",
        "nothing of a release runs as root (2 units and programs looked at)",
        "workers end gracefully: systemd worker@*",
    )


def test_a_unit_that_is_not_there_fails(site: ServiceHost) -> None:
    assert "systemd knows no unit nginks" in site.asked({"systemd": "nginks"}).fail[0]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"LoadState": "masked"}, "systemd api cannot be started: it is masked"),
        ({"LoadState": "bad-setting"}, "systemd api cannot be started: it is bad-setting"),
        ({"CanReload": "no"}, "systemd api cannot reload -> leave out action: reload"),
        ({"ActiveState": "inactive"}, "systemd api is inactive, and only one that runs can reload"),
        ({"ActiveState": "failed"}, "systemd api is failed, and only one that runs can reload"),
    ],
)
def test_what_systemctl_would_refuse_fails(site: ServiceHost, about: dict[str, str], why: str) -> None:
    site.unit("api", **about)
    (said,) = site.asked({"systemd": "api", "action": "reload"}).fail
    assert why in said


def test_a_unit_that_has_failed_is_a_warning_where_it_is_restarted(site: ServiceHost) -> None:
    site.unit("api", ActiveState="failed")
    said = site.asked({"systemd": "api"})
    assert (said.warn, said.fail) == (("systemd api has failed -> sudo systemctl status api",), ())


@pytest.mark.parametrize("program", ["/usr/sbin/php-fpm8.2 --nodaemonize", "/usr/sbin/nginx -g x", "/usr/sbin/apache2"])
def test_a_web_server_that_is_restarted_loses_requests(site: ServiceHost, program: str) -> None:
    site.unit("web", program)
    (said,) = site.asked({"systemd": "web"}).warn
    assert (
        said
        == "requests to web are lost while it restarts -> use reload: {systemd: web, action: reload} in services of hosts.yml"
    )


def test_a_web_server_that_is_reloaded_loses_none(site: ServiceHost) -> None:
    assert site.asked(NGINX).warn == ()


def test_a_unit_that_listens_loses_requests_and_tells_where(site: ServiceHost) -> None:
    site.unit("api", ControlGroup="/system.slice/api.service", CanReload="no")
    listening = ("127.0.0.1:8001 0.0.0.0:*  cgroup:/system.slice/api.service", "*:80 *:* cgroup:/system.slice/api.service-2")
    (site.units / "listening").write_text("".join(f"LISTEN 0      128  {each}   \n" for each in listening))
    (said,) = site.asked({"systemd": "api"}).warn
    assert said.startswith(
        "requests to api (127.0.0.1:8001) are lost while it restarts -> let a systemd socket unit listen for it"
    )


def test_a_group_that_ss_cannot_name_is_told_by_its_number(site: ServiceHost) -> None:
    site.unit("api", ControlGroup="/")
    number = Path("/sys/fs/cgroup").stat().st_ino
    (site.units / "listening").write_text(f"LISTEN 0 5 [::]:81 [::]:* cgroup:unreachable:{number:x}\n")
    assert "requests to api ([::]:81) are lost" in site.asked({"systemd": "api"}).warn[0]


def test_a_unit_that_does_not_listen_loses_none(site: ServiceHost) -> None:
    site.unit("api", ControlGroup="/system.slice/api.service")
    (site.units / "listening").write_text("LISTEN 0 5 *:80 *:* cgroup:/system.slice/nginx.service\n")
    assert site.asked({"systemd": "api"}).bad == ()


@pytest.mark.parametrize(
    ("words", "about"),
    [
        ("/home/f/source/bin/worker", {"User": ""}),
        ("/usr/bin/php /home/f/source/bin/console x", {"User": "root"}),
        ("/usr/bin/php bin/console x", {"User": "", "WorkingDirectory": "/home/f/releases/source-20260101T000000Z"}),
    ],
)
def test_a_unit_that_runs_a_release_as_root_fails_be_it_named_or_not(
    site: ServiceHost, words: str, about: dict[str, str]
) -> None:
    site.unit("cron-thing", words, **about)
    (said,) = site.asked(NGINX).fail
    assert said.startswith("systemd cron-thing runs /home/f/")
    assert "as root, and the release user can write that -> set User= in the unit" in said


def test_without_services_root_is_looked_at_all_the_same(site: ServiceHost) -> None:
    site.unit("cron-thing", "/home/f/source/bin/worker", User="")
    assert "cron-thing runs /home/f/source/bin/worker as root" in site.asked().fail[0]


def test_a_worker_that_would_die_at_work_is_told(site: ServiceHost) -> None:
    site.unit("worker@1", WORKER, TimeoutStopUSec="2s")
    (said,) = site.asked({"systemd": "worker@*"}).warn
    assert said.startswith("systemd worker@*: a message that takes more than 2s is killed at each restart (TimeoutStopSec)")


def test_a_worker_of_another_site_is_not_judged(site: ServiceHost) -> None:
    site.unit("worker@1", WORKER, TimeoutStopUSec="2s", WorkingDirectory="/srv/other")
    assert site.asked(NGINX).bad == ()


def test_a_worker_that_runs_this_sites_code_is_judged_though_nobody_names_it(site: ServiceHost) -> None:
    site.unit("worker", WORKER, TimeoutStopUSec="2s", WorkingDirectory="/home/f/source")
    assert "systemd worker: a message" in site.asked(NGINX).warn[0]


@pytest.mark.parametrize(
    ("code", "level", "why"),
    [
        ("0", "ok", "supervisor releases"),
        ("3", "warn", "supervisor releases is there, and does not run"),
        ("4", "fail", "supervisor knows no program releases"),
    ],
)
def test_supervisorctl_is_asked_where_sudo_allows_that(site: ServiceHost, code: str, level: str, why: str) -> None:
    (site.units / "allowed").write_text(code)
    said = site.asked({"supervisor": "releases"})
    assert [each for each in getattr(said, level) if each.startswith(why)]


@pytest.mark.parametrize(
    "script", ["exit 1", "echo 'System has not been booted with systemd'; exit 1", "kill -9 $$", "head -c 999 /dev/urandom"]
)
def test_a_systemd_that_does_not_answer_gets_a_line_and_no_traceback(site: ServiceHost, script: str) -> None:
    site.command("systemctl", script)
    said = site.asked({"systemd": "x"})
    assert [each for each in said.warn if each.startswith("systemd does not answer")]
    assert not [each for each in said.bad if "could not be looked at" in each]


def test_a_host_without_ss_is_no_traceback(site: ServiceHost) -> None:
    (site.host.shims / "ss").write_text("#!/nonexistent\n")
    site.unit("api", ControlGroup="/system.slice/api.service")
    assert site.asked({"systemd": "api"}).bad == ()


def test_odd_names_are_no_trouble(site: ServiceHost) -> None:
    odd = "é'\"$HOME;`id`\\d%(x)s"
    site.unit("odd", f"/usr/bin/php {odd} messenger:consume", WorkingDirectory="-/a b/" + odd)
    said = site.asked({"systemd": odd}, {"supervisor": odd}, live=f"/home/{odd}/[source", releases="/home/(releases")
    assert not [each for each in said.bad if "could not be looked at" in each]
    assert json.dumps(odd) in map(
        json.dumps, [each.removeprefix("systemd knows no unit ").partition(" -> ")[0] for each in said.fail]
    )
