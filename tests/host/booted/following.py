"""A site of a few lines on a booted host, with services that a test makes up."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.support.booted import Booted
from tests.support.fab import Ran, finish, git
from tests.support.forked import Forked, forked

HOME = "/home/ftsuser"
PAGE = '<?php usleep(1); echo basename(dirname(__DIR__)), "\\n";\n'
Services = list[dict[str, str]]


class Following:
    """The site; its services run in what was live when they started."""

    def __init__(self, host: Booted, folder: Path) -> None:
        self.host, self.clone, self.workstation = host, folder / "clone", folder / "workstation"
        self.clone.mkdir()
        self.workstation.mkdir()
        origin = host.srv / "origin.git"
        git(host.srv, "init", "--quiet", "--bare", "--initial-branch=master", str(origin))
        git(self.clone, "init", "--quiet", "--initial-branch=master")
        (self.clone / "public").mkdir()
        (self.clone / "public" / "index.php").write_text(PAGE)
        git(self.clone, "add", "--all")
        git(self.clone, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "-m", "A page")
        git(self.clone, "push", "--quiet", str(origin), "master")

    def set_up(self) -> "Following":
        """Make it one that can be released to, with one release."""
        self.host.sh("sed -i 's/^;process_control_timeout = .*/process_control_timeout = 5s/' /etc/php/8.2/fpm/php-fpm.conf")
        self.host.sh("systemctl restart php8.2-fpm")
        self.write([])
        self.fab("setup")
        self.fab("deploy", "--ref", "master")
        return self

    def write(self, services: Services, **more: Any) -> None:
        """Write hosts.yml with these services."""
        reach = {
            "address": self.host.address,
            "identity_file": str(self.host.identity_file),
            "known_hosts_file": str(self.host.known_hosts_file),
        }
        keys = {**reach, "repository": "/srv/origin.git", "keep_releases": 9, "services": services, **more}
        (self.workstation / "hosts.yml").write_text(yaml.safe_dump({"hosts": {"prod": keys}}))

    def start(self, *words: str) -> Forked:
        """Type `fab -H prod WORDS`, and do not wait."""
        here = {"HOSTS_FILE": str(self.workstation / "hosts.yml"), "HOME": str(self.workstation), "LC_ALL": "C.UTF-8"}
        return forked(["-H", "prod", *words], {"PATH": os.environ["PATH"], **here}, inside=self.host.lab.inside(()))

    def fab(self, *words: str, code: int = 0) -> Ran:
        """Type `fab -H prod WORDS`, to its end, which has to be `code`."""
        return finish(self.start(*words), code)

    def deploy(self, services: Services) -> str:
        """Deploy with these services, which must go well; the name of the release."""
        self.write(services)
        self.fab("deploy", "--ref", "master")
        return self.live

    def release(self) -> str:
        """Release, without post-release; the name of the release."""
        self.fab("release", "--ref", "master")
        return self.live

    def refused(self, verb: str, services: Services) -> str:
        """What a verb says that fails after the cutover, with these services."""
        self.write(services)
        return self.fab(verb, code=4).err

    @property
    def live(self) -> str:
        """The name of the live release."""
        return Path(self.host.sh(f"readlink {HOME}/source")).name

    @property
    def status(self) -> Any:
        """The host, as `status --json` tells it."""
        return json.loads(self.fab("status", "--json").out)["hosts"][0]

    # -- services

    def unit(self, name: str, command: str, *lines: str, place: str = f"{HOME}/source", start: bool = True) -> None:
        """A systemd unit that runs a command in the site."""
        usual = ("[Service]", "User=ftsuser", f"WorkingDirectory={place}", "TimeoutStopSec=5", f"ExecStart=/bin/{command}")
        self.host.write(f"/etc/systemd/system/{name}.service", "\n".join([*usual, *lines, ""]), "root")
        self.host.sh("systemctl daemon-reload")
        if start:
            self.host.run(f"systemctl start {name}")

    def remove(self, name: str) -> None:
        """Stop a unit with all that it left, and forget it."""
        self.host.sh(
            f"systemctl kill --signal=KILL {name} 2>/dev/null; systemctl stop {name}; systemctl reset-failed {name} || true"
        )
        self.host.sh(f"rm /etc/systemd/system/{name}.service; systemctl daemon-reload")

    def override(self, name: str, lines: str) -> None:
        """Other lines for the [Service] of a unit; none for ""."""
        folder = f"/etc/systemd/system/{name}.service.d"
        self.host.write(f"{folder}/test.conf", f"[Service]\n{lines}\n", "root")
        self.host.sh("systemctl daemon-reload")

    def program(self, name: str, command: str) -> None:
        """A program of supervisor that runs a command in the site."""
        text = f"[program:{name}]\ncommand={command}\ndirectory={HOME}/source\nuser=ftsuser\n"
        self.host.write(f"/etc/supervisor/conf.d/{name}.conf", text, "root")
        self.host.sh("supervisorctl update")

    def places(self, command: str) -> set[str]:
        """The working directories of the processes of a command."""
        return set(self.host.sh(f"for pid in $(pgrep -f '{command}'); do readlink /proc/$pid/cwd; done").splitlines())

    @contextlib.contextmanager
    def asked(self, script: str) -> Iterator[None]:
        """Php-fpm runs a script again and again, as if nginx had not heard of the cutover."""
        server = f"server {{ listen 81; location / {{ include fastcgi_params; fastcgi_param SCRIPT_FILENAME {script};"
        self.host.write("/etc/nginx/conf.d/asked.conf", f"{server} fastcgi_pass unix:/run/php/php8.2-fpm.sock; }} }}\n", "root")
        self.host.sh("systemctl reload nginx; until curl -sf http://127.0.0.1:81/; do sleep 0.1; done")
        self.host.sh("true; (while :; do curl -s http://127.0.0.1:81/; done) >/dev/null 2>&1 & echo $! >/tmp/asking")
        try:
            yield
        finally:
            self.host.sh("kill $(cat /tmp/asking); rm /etc/nginx/conf.d/asked.conf; systemctl reload nginx")
