"""A site of a few files on a booted host, with every step that a deploy can have, and programs that stop where a test says."""

import os
import shlex
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tasks.config.inventory import load
from tasks.config.models import Environment
from tests.support.booted import Booted
from tests.support.chaos_typed import Typed
from tests.support.fab import git
from tests.support.forked import Forked

HOME, LINK = "/home/ftsuser", "source"
PARTS = Path(__file__).parent / "chaos_host"
PAGE = '<?php usleep(1); echo "release ", basename(dirname(__DIR__)), "\\n<!-- end -->\\n";\n'
NGINX = """server {
    listen 80 default_server;
    root /home/ftsuser/source/public;
    location / { try_files $uri /index.php$is_args$args; }
    location ~ ^/index\\.php(/|$) {
        fastcgi_pass unix:/run/php/php8.2-fpm.sock;
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;
        fastcgi_param DOCUMENT_ROOT $realpath_root;
        internal;
    }
}
"""
WORKER = """[Service]
User=www-data
WorkingDirectory=/home/ftsuser/source
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
"""
GIT = "[safe]\n\tdirectory = /srv/origin.git\n[uploadpack]\n\tpackObjectsHook = /usr/local/bin/chaos-inside build/fetch\n"
KEYS: dict[str, Any] = {
    "repository": "/srv/origin.git",
    "keep_releases": 3,
    "runtime_files": [".env.local"],
    "persistent_links": {"public/media": "/var/media"},
    "apps": {
        "web": {
            "drop": ["notes"],
            "bootstrap": [
                "chaos-inside build/bootstrap",
                'echo "$RELEASE_NAME" >built && mkdir public/build && cp built "public/build/$RELEASE_NAME.css"',
            ],
        }
    },
    "carry_assets": ["public/build"],
    "writable": ["var"],
    "publish": ["chaos-inside build/publish", 'mkdir -p var/cache && echo "$RELEASE_NAME" >var/cache/warm'],
    "verify": ["chaos-inside build/verify", "test -s var/cache/warm"],
    "migrate": ["chaos-inside migrate/migrate"],
    "services": [{"systemd": "php8.2-fpm", "action": "reload"}, {"systemd": "worker"}],
    "health": [{"url": "http://127.0.0.1/health", "contains": "release"}],
}
WITHIN = ("build/fetch", "build/bootstrap", "build/publish", "build/verify", "migrate/migrate")
"""The steps whose middle may be within a command that they run."""

JOBS = ("build/", "migrate/")
SMALL = 256 * 1024 * 1024
INODES = 20000
STEP_TIMEOUT = 60


def environment(folder: Path, **keys: Any) -> Environment:
    """The site as hosts.yml has it."""
    file = folder / "hosts.yml"
    file.write_text(yaml.safe_dump({"hosts": {"prod": {**KEYS, "step_timeout": STEP_TIMEOUT, **keys}}}))
    return load(file).environment("prod")


@dataclass(frozen=True)
class Plan:
    """What a program is to do at a place: `count` the calls to the system of each step, `stop`, or `hang`: for places.py."""

    mode: str
    place: str = ""
    position: str = ""
    command: int = 0

    def __str__(self) -> str:
        words = {"MODE": self.mode, "PLACE": self.place, "POSITION": self.position, "COMMAND": str(self.command)}
        return "".join(f"CHAOS_{name}={shlex.quote(word)}\n" for name, word in words.items())


class ChaosSite:
    """The site; a deploy takes the `usual` seconds.

    `small`: the release user's home is a filesystem of its own, that can be filled; the power takes it along.
    """

    def __init__(self, host: Booted, folder: Path, *, small: bool = False) -> None:
        self.host, self.folder, self.small = host, folder, small
        self.clone, self.workstation, self.chaos = folder / "clone", folder / "workstation", host.srv / "chaos"
        self.runs, self.usual = 0, 0.0
        self._plan = Plan("stop")

    def set_up(self) -> "ChaosSite":
        """Make it one that can be released to, with two releases."""
        self._origin()
        self._install()
        self.write()
        self.fab("setup")
        self.host.write(f"{HOME}/runtime/source/.env.local", "APP_SECRET=correct-horse-battery\n", mode="640")
        for _ in range(2):
            self.push()
            began = time.monotonic()
            self.fab("deploy", "--ref", "master")
            self.usual = time.monotonic() - began
        return self

    def _origin(self) -> None:
        for folder in (self.clone / "public", self.workstation, self.chaos):
            folder.mkdir(parents=True)
        self.chaos.chmod(0o777)
        files = {"public/index.php": PAGE, "notes": "n\n", ".env": "A=b\n", ".gitignore": "/.env.local\n/public/media\n"}
        files |= {f"src/{number}/{number}.txt": f"{number}\n" * 999 for number in range(40)}
        for name, text in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(text)
        git(self.host.srv, "init", "--quiet", "--bare", "--initial-branch=master", "origin.git")
        git(self.clone, "init", "--quiet", "--initial-branch=master")
        git(self.clone, "add", "--all")
        self.push()

    def _install(self) -> None:
        host = self.host
        for name, place in (
            ("python3.py", "bin/python3"),
            ("inside.sh", "bin/chaos-inside"),
            ("places.py", "lib/chaos/places.py"),
            ("look.sh", "lib/chaos/look.sh"),
        ):
            host.write(f"/usr/local/{place}", (PARTS / name).read_text(), "root", "755")
        if self.small:
            host.sh(
                f"cp -a {HOME}/.ssh /var/backups/ssh; mount -t tmpfs -o size={SMALL},nr_inodes={INODES},mode=750 small {HOME}"
            )
            host.sh(f"chown ftsuser:ftsuser {HOME}; cp -a /var/backups/ssh {HOME}/.ssh")
        host.write(f"{HOME}/.gitconfig", GIT)
        host.write("/etc/nginx/sites-enabled/default", NGINX, "root")
        host.write("/etc/systemd/system/worker.service", WORKER, "root")
        host.sh("sed -i 's/^;process_control_timeout = .*/process_control_timeout = 10s/' /etc/php/8.2/fpm/php-fpm.conf")
        host.sh(
            "install -d -o ftsuser -g www-data -m 2775 /var/media; systemctl daemon-reload; systemctl --quiet enable worker"
        )
        host.sh("systemctl restart php8.2-fpm && systemctl reload nginx")

    def write(self, **keys: Any) -> None:
        """Write hosts.yml, with these keys besides the usual ones or in their place."""
        reach = {
            "address": self.host.address,
            "identity_file": str(self.host.identity_file),
            "known_hosts_file": str(self.host.known_hosts_file),
        }
        environment(self.workstation, **reach, **keys)

    def push(self) -> None:
        """A commit with the same files, so that there is something to fetch, and every release has the same content."""
        git(
            self.clone,
            *("-c", "user.name=Anna", "-c", "user.email=anna@example.com"),
            "commit",
            "--quiet",
            "--allow-empty",
            "-mOn",
        )
        git(self.clone, "push", "--quiet", str(self.host.srv / "origin.git"), "master")

    def start(self, *words: str) -> Typed:
        """Type `fab -H prod WORDS`, and do not wait."""
        self.runs += 1
        said = self.folder / f"said-{self.runs}"
        here = {"HOSTS_FILE": str(self.workstation / "hosts.yml"), "HOME": str(self.workstation), "LC_ALL": "C.UTF-8"}
        with said.open("wb") as file, Path(os.devnull).open() as nothing:
            streams = [nothing.fileno(), file.fileno(), file.fileno()]
            environment = {"PATH": os.environ["PATH"], **here}
            process = Forked(["-H", "prod", *words], environment, streams, self.host.lab.inside(()))
        return Typed(process, said)

    def fab(self, *words: str) -> str:
        """Type `fab -H prod WORDS`, which must go well; what it says."""
        typed = self.start(*words)
        typed.wait()
        assert typed.code == 0, f"fab {' '.join(words)} ended with {typed.code}:\n{typed.said}"
        return typed.said

    # -- places

    def plan(self, plan: Plan) -> None:
        """Programs that begin from now on follow it."""
        self.forget()
        (self.chaos / "counts").touch()
        (self.chaos / "counts").chmod(0o666)
        self._plan = plan
        (self.chaos / "plan.new").write_text(str(plan))
        (self.chaos / "plan.new").rename(self.chaos / "plan")

    def forget(self) -> None:
        """No plan, and no word of the one before."""
        for name in ("plan", "reached", "go", "counts"):
            (self.chaos / name).unlink(missing_ok=True)

    @property
    def reached(self) -> str:
        """The process, group and session that has reached the place, and its call; "" while none has."""
        file = self.chaos / "reached"
        text = file.read_text() if file.exists() else ""
        return text.strip() if text.endswith("\n") else ""

    @property
    def in_a_job(self) -> bool:
        """Is the place in a program that goes on without its workstation?"""
        return self._plan.place.startswith(JOBS)

    def go_on(self) -> None:
        """What has stopped goes on, and nothing is stopped any more."""
        (self.chaos / "plan").unlink(missing_ok=True)
        (self.chaos / "go").touch()

    def counted(self) -> dict[str, int]:
        """The places that a deploy comes to, in order, and how many calls to the system each step makes."""
        self.plan(Plan("count"))
        self.push()
        self.fab("deploy", "--ref", "master")
        lines = [line.split("\t") for line in (self.chaos / "counts").read_text().splitlines()]
        self.go_on()
        return {place: int(count) for count, place in lines}
