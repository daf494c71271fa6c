"""A real site on a booted host: a Symfony shop with an Encore front end, workers, a second application; and `fab` to type."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.support.booted import Booted
from tests.support.fab import Ran, finish, git, until
from tests.support.forked import Forked, forked

SITE, HOST_FILES = Path(__file__).parent / "symfony", Path(__file__).parent / "symfony_host"
HOME, END = "/home/ftsuser", "<!-- end -->\n"
LINKS = {"prod": "source", "preprod": "source-preprod"}
PORTS = {"prod": 80, "preprod": 8080}
DATA = {"prod": "/var/lib/shop", "preprod": "/var/lib/shop-preprod"}
APP_SECRET, BANK_PASSWORD = "correct-horse-battery", "staple-and-ladder"


def install(host: Booted) -> None:
    """Make a booted host one that serves the shop: nginx, pools, units, programs of supervisor, media, and a git server."""
    for file in sorted(HOST_FILES.rglob("etc/**/*")):
        if file.is_file():
            host.write(f"/{file.relative_to(HOST_FILES)}", file.read_text(), "root")
    host.sh((HOST_FILES / "prepare.sh").read_text())


class Shop:
    """The site on one host, which serves it, and which it is not set up on yet. A page of it ends with END."""

    def __init__(self, host: Booted, folder: Path) -> None:
        self.host, self.clone, self.workstation = host, folder / "clone", folder / "workstation"
        self.workstation.mkdir(parents=True)
        install(host)
        shutil.copytree(SITE, self.clone)
        git(self.clone, "init", "--quiet", "--initial-branch=master")
        git(self.clone, "remote", "add", "origin", f"git@{host.address}:shop.git")
        self.push({})
        self.write()

    # -- its repository

    def push(self, files: Mapping[str, str], branch: str = "master", start: str = "") -> str:
        """Commit files on a branch, made anew where `start` says from what, and push it; the commit."""
        if start:
            git(self.clone, "checkout", "--quiet", "-B", branch, start)
        for name, text in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(text)
        git(self.clone, "add", "--all")
        git(self.clone, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "-m", f"On {branch}")
        self._send(f"+HEAD:refs/heads/{branch}")
        return git(self.clone, "rev-parse", "HEAD")

    def tag(self, name: str, at: str = "HEAD") -> str:
        """Make an annotated tag, and push it; the commit that it is at."""
        git(self.clone, "-c", "user.name=Anna", "-c", "user.email=anna@example.com", "tag", "-a", "-m", "A release", name, at)
        self._send(f"refs/tags/{name}")
        return git(self.clone, "rev-parse", f"{name}^{{commit}}")

    def _send(self, refspec: str) -> None:
        ssh = f"ssh -F none -i {self.host.identity_file} -o UserKnownHostsFile={self.host.known_hosts_file} -o BatchMode=yes"
        words = self.host.lab.inside(["git", "push", "--quiet", "origin", refspec])
        environment = {**os.environ, "GIT_SSH_COMMAND": ssh}
        subprocess.run(words, cwd=self.clone, env=environment, check=True, capture_output=True, text=True)

    # -- its hosts.yml, and fab

    def write(self, **hosts: Mapping[str, Any]) -> None:
        """Write hosts.yml, with these keys of a host (prod, preprod) besides the usual ones or in their place."""
        document = yaml.safe_load((HOST_FILES / "hosts.yml").read_text())
        reach = {"address": self.host.address, "port": self.host.port, "identity_file": str(self.host.identity_file)}
        known = self.host.known_hosts_file
        trust = {"prod": {"known_hosts_file": str(known)}, "preprod": {"host_key": " ".join(known.read_text().split()[1:3])}}
        for name, keys in document["hosts"].items():
            keys.update({**reach, **trust[name], **hosts.get(name, {})})
        (self.workstation / "hosts.yml").write_text(yaml.safe_dump(document, sort_keys=False))

    def start(self, *words: str, on: str = "prod") -> Forked:
        """Type `fab -H ENVIRONMENT WORDS`, and do not wait."""
        here = {"HOSTS_FILE": str(self.workstation / "hosts.yml"), "HOME": str(self.workstation), "LC_ALL": "C.UTF-8"}
        return forked(["-H", on, *words], {"PATH": os.environ["PATH"], **here}, inside=self.host.lab.inside(()))

    def fab(self, *words: str, on: str = "prod", code: int = 0) -> Ran:
        """Type `fab -H ENVIRONMENT WORDS`, to its end, which has to be `code`."""
        return finish(self.start(*words, on=on), code)

    def deploy(self, ref: str = "master", on: str = "prod", code: int = 0) -> Ran:
        """Deploy a ref."""
        return self.fab("deploy", "--ref", ref, on=on, code=code)

    def set_up(self, on: str = "prod") -> "Shop":
        """Make an environment one that can be released to, with its runtime files."""
        self.fab("setup", on=on)
        self.runtime_files(f"{HOME}/runtime/{LINKS[on]}", on)
        return self

    def status(self, on: str = "prod") -> Any:
        """The host, as `status --json` tells it."""
        return json.loads(self.fab("status", "--json", on=on).out)["hosts"][0]

    # -- what lies on the host

    def build_in_place(self, folder: str = f"{HOME}/source") -> None:
        """What people did before: check out and build in the directory that is served, media and all."""
        self.runtime_files(folder)
        self.host.sh(f"set -- {folder}\n{(HOST_FILES / 'in_place.sh').read_text()}", "ftsuser")

    def follow_by_hand(self) -> None:
        """Restart what runs the code of prod, as people did after they had built in place."""
        self.host.sh("systemctl restart php8.2-fpm 'messenger-worker@*' dossier-api && supervisorctl restart releases")

    def runtime_files(self, folder: str, on: str = "prod") -> None:
        """Put what is never in git into a directory of the host."""
        self.host.sh(f"mkdir -p {folder}/config/credentials", "ftsuser")
        self.host.write(f"{folder}/.env.local", f"APP_SECRET={APP_SECRET}\nDATA_DIR={DATA[on]}\n", mode="640")
        self.host.write(f"{folder}/config/credentials/bank.json", json.dumps({"password": BANK_PASSWORD}), mode="640")

    def live(self, on: str = "prod") -> str:
        """The name of the live release, "" when there is none."""
        return Path(self.host.run(f"readlink {HOME}/{LINKS[on]}").stdout.strip()).name

    def get(self, path: str, on: str = "prod") -> str:
        """The body of a page, asked for from the workstation; it has to be whole, and its status 200."""
        url = f"http://{self.host.address}:{PORTS[on]}{path}"
        asked = subprocess.run(self.host.lab.inside(["curl", "-sS", "-f", url]), capture_output=True, text=True)
        assert asked.returncode == 0, f"{url}: {asked.stderr}"
        assert path.startswith("/build") or asked.stdout.endswith((END, "ok\n")), asked.stdout
        return asked.stdout

    def word(self, key: str, path: str = "/", on: str = "prod") -> str:
        """What a page says of its release or its commit."""
        return self.get(path, on).partition(f"{key} ")[2].split("\n")[0].partition("<")[0]

    def api(self) -> str:
        """The release that the second application of prod runs."""
        return self.host.sh("curl -sf http://127.0.0.1:8001/").split()[1]

    def program(self, on: str = "prod") -> str:
        """The release that the program of supervisor runs; it is waited for, while none runs."""

        def last() -> list[str]:
            return self.host.run(f"tail -n 1 {DATA[on]}/releases").stdout.split() or ["none"]

        until(lambda: last()[0] == "began")
        return last()[1]

    def ping(self) -> str:
        """Send the workers of prod a message; its id. None is ended while there is a file `busy` in the DATA of prod."""
        return self.word("sent", "/ping")

    def pings(self, what: str) -> dict[str, str]:
        """The messages that the workers of prod began, or ended, and the release of the worker."""
        lines = self.host.run(f"cat {DATA['prod']}/pings").stdout.splitlines()
        return {id_: release for did, id_, release, _ in map(str.split, lines) if did == what}

    def handled(self, ping: str) -> str:
        """The release of the worker that has ended a message; it is waited for."""
        until(lambda: ping in self.pings("ended"))
        return self.pings("ended")[ping]
