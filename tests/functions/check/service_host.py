"""A host with systemd and sudo, as its programs answer."""

import pytest

from tasks.phases.check import check_services
from tests.functions.check.conftest import Machine, lines
from tests.support.lines import Lines
from tests.unit.made import environment

NGINX = {"systemd": "nginx", "action": "reload"}
COMMANDS = {
    "systemctl": """
    case $1 in
        list-unit-files)
            for unit in "$UNITS"/*.service; do echo "${unit##*/} enabled enabled"; done
            echo 'worker@.service static'
            ;;
        show)
            for word in "${@:2}"; do
                for unit in "$UNITS"/*.service; do
                    [[ ${unit##*/} == ${word%.service}.service ]] && printf '%s\\n\\n' "$(<"$unit")"
                done
            done
            ;;
    esac
    """,
    "sudo": """
    case "$*" in
        '-n -l -u '*) [[ -e $UNITS/allowed ]] && echo "${*:6}" ;;
        '-n -ll'* | *' -tt') ;;
        '-n supervisorctl status '*) [[ -e $UNITS/allowed ]] && exit "$(<"$UNITS/allowed")"; touch "$UNITS/did-something" ;;
        *) touch "$UNITS/did-something" ;;
    esac
    """,
    "ss": 'cat "$UNITS/listening" 2>/dev/null',
}
EXEC = "{{ path={path} ; argv[]={words} ; ignore_errors=no ; start_time=[n/a] ; pid=1 }}"
WORKER = "/usr/bin/php bin/console messenger:consume async"


class ServiceHost:
    """A host with the units that a test makes."""

    def __init__(self, host: Machine) -> None:
        self.host, self.units = host, host.folder / "units"
        self.units.mkdir()
        for name, script in COMMANDS.items():
            host.program(name, script)

    def unit(self, name: str, words: str = "/usr/bin/true", **about: str) -> None:
        """A unit that runs, and can reload."""
        usual = {
            "Names": f"{name}.service",
            "LoadState": "loaded",
            "ActiveState": "active",
            "CanReload": "yes",
            "User": "www-data",
        }
        shown = {"Id": f"{name}.service", **usual, "ExecStart": EXEC.format(path=words.split()[0], words=words), **about}
        (self.units / f"{name}.service").write_text("".join(f"{key}={value}\n" for key, value in shown.items()))

    def checked(self, *services: dict[str, str], live: str = "/home/f/source", releases: str = "/home/f/releases") -> Lines:
        """The lines of the service user's half, those about sudo left out."""
        there = environment(services=list(services))
        found = lines(check_services(there, live, releases), there)
        assert not (self.units / "did-something").exists()
        return Lines(
            tuple(line for line in found.ok if not line.startswith("sudo ")),
            found.warn,
            tuple(line for line in found.fail if not line.startswith("sudo ")),
        )


def web_host(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> ServiceHost:
    """A host with a web server that may be reloaded."""
    site = ServiceHost(machine)
    monkeypatch.setenv("UNITS", str(site.units))
    site.unit("nginx", "/usr/sbin/nginx -g x")
    return site
