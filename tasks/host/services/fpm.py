"""A php-fpm, asked over its own sockets what it runs: by a probe in a place that is root's, as the user of each pool."""

from __future__ import annotations

import json
import os
import pwd
from collections.abc import Iterable
from typing import Any

from tasks.host import files, programs
from tasks.host.run import Run
from tasks.host.services.pools import read, read_dump
from tasks.host.services.probe import PROBE
from tasks.host.services.service import ASKED, output
from tasks.host.services.systemd import php_fpm_config, php_fpm_tests

PLACE = "/usr/local/lib/release-probe/php-fpm.php"
INSTALL = ["install", "-D", "-m", "644", "/dev/stdin", PLACE]


def live_link(run: Run) -> str:
    """The live link, in the home of the release user. "" when this host has no such user."""
    try:
        return os.path.join(pwd.getpwnam(run.release_user).pw_dir, run.link)
    except KeyError:
        return ""


def ask_command(pool: dict[str, str], link: str) -> tuple[str, list[str]]:
    """The question to a pool: as whom, the owner of the socket, who may connect, or the pool's own; and its words."""
    listen = pool["listen"]
    listen = f"127.0.0.1:{listen}" if listen.isdigit() else listen.replace("*:", "127.0.0.1:", 1)
    user = (pool.get("listen.owner") if pool["listen"].startswith("/") else "") or pool["user"] or "root"
    return f"#{user}" if user.isdigit() else user, ["php", PLACE, listen, link]  # a number as sudo reads it


def installed() -> bool:
    """Whether the probe is there, as this version has it, and nobody's but root's."""
    try:
        about = os.stat(PLACE)
        return about.st_uid == 0 and not about.st_mode & 0o022 and files.read(PLACE) == PROBE.encode()
    except OSError:
        return False


def needed(units: Iterable[dict[str, str]], link: str) -> list[tuple[str, list[str]]]:
    """The commands that asking the php-fpm among these units takes, each with its user."""
    found: list[tuple[str, list[str]]] = []
    for test in php_fpm_tests(units):
        found.append(("root", test))
        found += [ask_command(pool, link) for pool in _pools(test) if pool.get("user") and pool.get("listen")]
    return found + ([("root", INSTALL)] if found else [])


def _pools(test: list[str]) -> list[dict[str, str]]:
    """The pools, from the files themselves; php-fpm is asked, which takes sudo, where its words name none or they have none."""
    file = php_fpm_config(test)
    try:
        found = [pool for name, pool in read(file).items() if name != "global"] if file else []
        return found or list(read_dump(output(["sudo", "-n", *test]))[1].values())
    except (OSError, ValueError):
        return []


class Answers:
    """What the pools of a service's php-fpm answer, each time they are asked. `timeout`: seconds that a reload may wait.

    `dumps`: what each php-fpm prints of its configuration, by its path. Raises ValueError for one that prints none,
    PermissionError where the probe cannot be installed.
    """

    def __init__(self, run: Run, dumps: Iterable[tuple[str, str]]) -> None:
        self.link, self.live = live_link(run), os.path.basename(run.release_path)
        self.hits: dict[str, dict[str, int]] = {}
        self.pools: dict[str, dict[str, str]] = {}
        self.timeout = 0.0
        for binary, text in dumps:
            timeout, pools = read_dump(text)
            self.timeout = max(self.timeout, timeout)
            self.pools.update({f"the pool {name} of {os.path.basename(binary)}": pool for name, pool in pools.items()})
        if self.pools and not installed():
            done = programs.run(["sudo", "-n", *INSTALL], seconds=ASKED, input=PROBE.encode())
            if done.code:
                raise PermissionError(f"{PLACE} cannot be installed: {done.text}")

    def complaints(self) -> list[str]:
        """What shows that a pool does not serve the live release yet."""
        answers = {name: self._ask(pool) for name, pool in self.pools.items()}
        if answers and not any(answer.get("live") or "error" in answer for answer in answers.values()):
            return [f"{name}: its user cannot read {self.link}" for name in answers]
        return list(filter(None, (self._complaint(name, answer) for name, answer in answers.items())))

    def _ask(self, pool: dict[str, str]) -> dict[str, Any]:
        user, words = ask_command(pool, self.link)
        text = output(["sudo", "-n", "-u", user, "--", *words])
        try:
            answer = json.loads(text.split("\n")[-1])
        except ValueError:
            answer = None
        return answer if isinstance(answer, dict) else {"error": text or "nothing"}

    def _complaint(self, pool: str, answer: dict[str, Any]) -> str:
        """A file of another release in the OPcache does no harm; one that requests still use, from look to look, does."""
        if "error" in answer:
            return f"{pool} gave no answer: {answer['error'][:300]}"
        if answer["live"] and os.path.basename(answer["live"]) != self.live:
            return f"{pool} resolves {self.link} to {answer['live']}"
        before, now = self.hits.get(pool), {name: int(hits) for name, hits in answer["others"].items()}
        self.hits[pool] = now
        idle = before is not None and all(hits <= before.get(name, 0) for name, hits in now.items())
        return "" if idle or not now else f"{pool} still runs code of {', '.join(sorted(now))}"
