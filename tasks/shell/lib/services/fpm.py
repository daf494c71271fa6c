"""A php-fpm, asked over its own sockets what it runs: by a probe in a place that is root's, as the user of each pool."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from typing import Any, Dict, List, Tuple

from tasks.shell.lib.services.pool_files import read
from tasks.shell.lib.services.pools import read_dump
from tasks.shell.lib.services.processes import LIVE_NAME
from tasks.shell.lib.services.units import executable, output, units

PROBE = "/usr/local/lib/release-probe/php-fpm.php"
INSTALL = ["install", "-D", "-m", "644", "/dev/stdin", PROBE]
UNWANTED = ("-F", "--nodaemonize", "-D", "--daemonize")

Command = Tuple[str, List[str]]


def live_link() -> str:
    """The live link, in the home of the release user. KeyError when this host has no such user."""
    return os.path.join(pwd.getpwnam(os.environ["RELEASE_USER"]).pw_dir, os.environ["LIVE_LINK_NAME"])


def live_link_or_none() -> str:
    """The same, "" where there is no such user."""
    try:
        return live_link()
    except KeyError:
        return ""


def binaries(pattern: str) -> List[List[str]]:
    """Of the units that are a php-fpm: the command that prints their configuration, and tests it. None for no pattern."""
    found = (executable(unit) for unit in units(pattern)) if pattern else ()
    return [
        [words[0], *(word for word in words[1:] if word not in UNWANTED), "-tt"]
        for words in found
        if words and os.path.basename(words[0]).startswith("php-fpm")
    ]


def configuration(dump: List[str]) -> Dict[str, Any]:
    """What a php-fpm says of its configuration. ValueError with its words when it refuses it."""
    return read_dump(output(["sudo", "-n", *dump]))


def ask_words(pool: Dict[str, str]) -> List[str]:
    listen = pool["listen"]
    listen = "127.0.0.1:" + listen if listen.isdigit() else listen.replace("*:", "127.0.0.1:", 1)
    return ["php", PROBE, listen, live_link()]


def ask_user(pool: Dict[str, str]) -> str:
    """Who may connect: the owner of the socket, else the pool's own user; a number as sudo reads it."""
    user = (pool.get("listen.owner") if pool["listen"].startswith("/") else "") or pool["user"] or "root"
    return "#" + user if user.isdigit() else user


def installed() -> bool:
    """Is the probe there, as this version has it, and nobody's but root's?"""
    try:
        about = os.stat(PROBE)
        with open(PROBE, encoding="utf-8") as file:
            return file.read() == os.environ["PROBE"] and about.st_uid == 0 and not about.st_mode & 0o022
    except OSError:
        return False


def install() -> None:
    if not installed():
        done = subprocess.run(["sudo", "-n", *INSTALL], input=os.environ["PROBE"].encode(), stderr=subprocess.PIPE, check=False)
        if done.returncode:
            raise PermissionError("%s cannot be installed: %s" % (PROBE, done.stderr.decode("utf-8", "replace").strip()))


def needs(pattern: str) -> List[Command]:
    """The commands that asking takes, each with its user."""
    found: List[Command] = []
    for dump in binaries(pattern):
        found.append(("root", dump))
        found += [(ask_user(pool), ask_words(pool)) for pool in listed(dump) if pool.get("user") and pool.get("listen")]
    return found + ([("root", INSTALL)] if found else [])


def listed(dump: List[str]) -> List[Dict[str, str]]:
    """The pools, from the files themselves; php-fpm is asked, which takes sudo, where they cannot be read or name none."""
    named = [dump[at + 1] for at, word in enumerate(dump) if word in ("-y", "--fpm-config")]
    try:
        found = [pool for file in named for name, pool in read(file).items() if name != "global"]
        return found or list(configuration(dump)["pools"].values())
    except (OSError, ValueError):
        return []


class Answers:
    """What the pools of the php-fpm units say, each time they are asked."""

    def __init__(self, pattern: str) -> None:
        self.hits: Dict[str, Dict[str, int]] = {}
        self.pools: Dict[str, Dict[str, str]] = {}
        self.timeout = 0  # seconds that a reload may wait for requests
        for dump in binaries(pattern):
            said = configuration(dump)
            self.timeout = max(self.timeout, said["process_control_timeout"])
            self.pools.update(
                {"the pool %s of %s" % (name, os.path.basename(dump[0])): pool for name, pool in said["pools"].items()}
            )
        if self.pools:
            install()

    def complaints(self) -> List[str]:
        """What shows that a pool does not serve the live release yet."""
        answers = {name: self.ask(pool) for name, pool in self.pools.items()}
        if answers and not any(answer.get("live") or "error" in answer for answer in answers.values()):
            return ["%s: its user cannot read %s" % (name, live_link()) for name in answers]
        return [text for name, answer in answers.items() for text in self.judge(name, answer)]

    def ask(self, pool: Dict[str, str]) -> Dict[str, Any]:
        text = output(["sudo", "-n", "-u", ask_user(pool), "--", *ask_words(pool)]).strip()
        try:
            answer = json.loads(text.splitlines()[-1] if text else "")
        except ValueError:
            answer = None
        return answer if isinstance(answer, dict) else {"error": text or "nothing"}

    def judge(self, pool: str, answer: Dict[str, Any]) -> List[str]:
        """A file of another release in the OPcache does no harm; one that requests still use, from look to look, does."""
        if "error" in answer:
            return ["%s gave no answer: %s" % (pool, answer["error"][:300])]
        live = os.path.basename(answer["live"])
        if answer["live"] and live != LIVE_NAME:
            return ["%s resolves %s to %s" % (pool, live_link(), answer["live"])]
        before, now = self.hits.get(pool), {name: int(hits) for name, hits in answer["others"].items()}
        self.hits[pool] = now
        if not now or (before is not None and all(now[name] <= before.get(name, 0) for name in now)):
            return []
        return ["%s still runs code of %s" % (pool, ", ".join(sorted(now)))]
