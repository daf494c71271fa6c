"""A small site that is released to a real host: its origin, its hosts.yml, and `fab` as its people type it."""

import json
import os
from pathlib import Path
from typing import Any

import yaml

from tests.support.fab import Ran, finish, git, until
from tests.support.forked import Forked, forked
from tests.support.sshd import Host

ENVIRONMENT = "prod"
SECRET = "correct-horse-battery-staple"  # noqa: S105
FILES = {
    ".env": "APP_ENV=prod\n",
    "build.sh": 'echo "$APP_ENV" >built\n',
    "page": "first\n",
    "apps/api/build.sh": "echo api >built\n",
}
KEYS: dict[str, Any] = {
    "repository": "/srv/origin.git",
    "env": {"APP_ENV": "prod"},
    "runtime_files": [".env.local"],
    "apps": {"web": {"bootstrap": ["bash build.sh"]}, "api": {"path": "apps/api", "bootstrap": ["bash build.sh"]}},
    "services": [
        {"systemd": "php8.2-fpm", "action": "reload"},
        {"systemd": "messenger-worker@*"},
        {"supervisor": "releases"},
    ],
}


class Acme:
    """The site on one host, which it is not set up on yet."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.workstation = host.folder / "workstation"
        self.origin, self.clone = host.srv / "origin.git", host.folder / "clone"
        self.workstation.mkdir()
        git(host.srv, "init", "--quiet", "--bare", "--initial-branch=master", str(self.origin))
        git(host.folder, "clone", "--quiet", str(self.origin), str(self.clone))
        git(self.clone, "checkout", "--quiet", "-B", "master")
        self.push(FILES)
        self.write()

    def push(self, files: dict[str, str]) -> str:
        """Commit files on master, and push it; the commit."""
        for name, text in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(text)
        git(self.clone, "add", "--all")
        git(self.clone, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "-m", "On master")
        git(self.clone, "push", "--quiet", "origin", "master")
        return git(self.clone, "rev-parse", "HEAD")

    def write(self, **keys: Any) -> None:
        """Write hosts.yml, with these keys besides the usual ones or in their place."""
        reach = {
            "address": "127.0.0.1",
            "port": self.host.port,
            "identity_file": str(self.host.identity_file),
            "known_hosts_file": str(self.host.known_hosts_file),
        }
        text = yaml.safe_dump({"hosts": {ENVIRONMENT: {**reach, **KEYS, **keys}}})
        (self.workstation / "hosts.yml").write_text(text)

    def set_up(self) -> "Acme":
        """A host that can be released to, with its runtime file."""
        self.fab("setup")
        self.host.write("/home/ftsuser/runtime/source/.env.local", f"TOKEN={SECRET}\n", mode="640")
        return self

    def start(self, *words: str) -> Forked:
        """Type `fab -H prod WORDS`, and do not wait."""
        here = {"HOSTS_FILE": str(self.workstation / "hosts.yml"), "HOME": str(self.workstation), "LC_ALL": "C.UTF-8"}
        return forked(["-H", ENVIRONMENT, *words], {"PATH": os.environ["PATH"], **here})

    def fab(self, *words: str, code: int = 0) -> Ran:
        """Type `fab -H prod WORDS`, to its end, which has to be `code`."""
        return finish(self.start(*words), code)

    def deploy(self, code: int = 0) -> Ran:
        """Deploy what master is now."""
        return self.fab("deploy", "--ref", "master", code=code)

    def allow_one_session(self) -> None:
        """From now on sshd allows one session in each connection."""
        began = self.host.log().count("Server listening on")
        self.host.sh("echo MaxSessions 1 >>/srv/sshd_config && kill -HUP $(pgrep -o -x sshd)")
        until(lambda: self.host.log().count("Server listening on") > began)

    @property
    def status(self) -> Any:
        """The host, as `status --json` tells it."""
        return json.loads(self.fab("status", "--json").out)["hosts"][0]

    @property
    def live(self) -> str:
        """The name of the live release, "" when there is none."""
        return Path(self.host.run("readlink /home/ftsuser/source").stdout.strip()).name

    @property
    def names(self) -> list[str]:
        """What lies in releases_dir, the oldest first."""
        return self.host.sh("ls /home/ftsuser/releases").split()

    def page(self) -> str:
        """What the live link serves."""
        return self.host.sh("cat /home/ftsuser/source/page")

    def left_over(self) -> list[str]:
        """What of a build is left: builds in progress, unsealed releases, records of worktrees, a half made link."""
        return self.host.sh(
            "cd /home/ftsuser; find builds/source -mindepth 1 -maxdepth 1 -name 'source-*';"
            "find builds/repo.git/worktrees -mindepth 1 2>/dev/null; ls -d .source.new 2>/dev/null;"
            "for release in releases/*/; do [ ! -d $release ] || [ -e $release/release.json ] || echo $release; done"
        ).splitlines()
