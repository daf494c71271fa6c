"""A host with nginx and php-fpm, as their files and programs show them."""

import pwd
from pathlib import Path
from typing import Any

from tasks.host.check import web as checks
from tests.functions.check.conftest import Machine
from tests.functions.made import Made
from tests.support.lines import Lines, reported

ME = pwd.getpwuid(Path("/proc/self").stat().st_uid).pw_name
SHOW = "{{ path={path} ; argv[]={path} {words} ; ignore_errors=no ; start_time=[n/a] ; pid=1 }}"
GOOD = "fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;"
DOCUMENT_ROOT = "fastcgi_param DOCUMENT_ROOT"
UNITS = [("reload", "php8.2-fpm"), ("reload", "nginx")]


class WebHost:
    """A host whose systemctl names an nginx and a php-fpm with configurations of the test's."""

    def __init__(self, host: Machine) -> None:
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

    def nginx(self, text: str, user: str = f"user {ME};") -> None:
        """The whole of nginx.conf."""
        (self.folder / "nginx.conf").write_text(f"{user} {text}")

    def pools(self, settings: str, user: str = ME) -> None:
        """Settings of php-fpm, and its pools."""
        pools = f"[www]\nuser = {user}\nlisten = {self.folder}/php.sock\npm.max_children = 5\n[b]\npm.max_children = 3\n"
        (self.folder / "php-fpm.conf").write_text(f"[global]\n{settings}\n{pools}")

    def versions(self, fpm: str, cli: str) -> None:
        """The versions of php-fpm and php."""
        self.host.program(self.fpm.name, f"echo 'PHP {fpm} (fpm-fcgi)'", self.folder)
        self.host.program("php", f"echo {cli.rpartition('.')[0]}")

    def systemctl(self, script: str) -> None:
        """The systemctl of the host."""
        self.host.program("systemctl", script)

    def checked(self, *writable: str, units: list[tuple[str, str]] = UNITS, links: Any = (), **site: Any) -> Lines:
        """The lines about the web server, with these values in hosts.yml."""
        fpm = SHOW.format(path=self.fpm, words=f"--nodaemonize --fpm-config {self.folder}/php-fpm.conf")
        nginx = SHOW.format(path="/usr/sbin/nginx", words=f"-c {self.folder}/nginx.conf")
        if not (self.host.programs / "systemctl").exists():
            self.systemctl(
                f"""case "$*" in *" -- nginx.service") echo "ExecStart={nginx}" ;; *fpm*)
                printf 'Id=php8.2-fpm.service\\nExecStart={fpm}\\n\\nId=other.service\\nExecStart={nginx}\\n' ;; esac"""
            )
        run = Made("check", site=site)
        checks.check_web(run, "php", writable, units, links)
        return reported(run.events)
