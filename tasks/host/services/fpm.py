"""What the pools of a php-fpm answer to the probe."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Iterable, Iterator

from tasks.host.log import Log
from tasks.host.run import Run
from tasks.host.services.basedir import CLOSED, REFUSED, is_closed, of_php
from tasks.host.services.listening import is_listened_to
from tasks.host.services.probe import INSTALL, ask, ask_command, installed, live_link
from tasks.host.services.served import is_reached, serving
from tasks.host.services.service import output
from tasks.host.services.units import php_fpm_config, php_fpm_tests, read, read_dump

OF_THE_PROBE = re.compile(r"(?:unix|tcp)://[^\n]*")  # what the probe itself says of a socket
ELSE = "something else came, which its log has"
LONGEST = 300  # characters of what a pool answers instead


def needed(units: Iterable[dict[str, str]], link: str) -> list[tuple[str, list[str]]]:
    """The commands that asking the php-fpm among these units takes, each with its user."""
    found: list[tuple[str, list[str]]] = []
    for test in php_fpm_tests(units):
        found.append(("root", test))
        found += [ask_command(pool, link) for pool in _pools(test) if pool.get("user") and pool.get("listen")]
    return found + ([("root", INSTALL)] if found else [])


def users(units: Iterable[dict[str, str]]) -> list[str]:
    """Whom the pools of the php-fpm among these units run as; a number as sudo reads it."""
    named = {pool["user"] for test in php_fpm_tests(units) for pool in _pools(test) if pool.get("user")}
    return sorted(f"#{user}" if user.isdigit() else user for user in named)


def _pools(test: list[str]) -> list[dict[str, str]]:
    """The pools, from the files themselves; php-fpm is asked, which takes sudo, where its words name none or they have none."""
    file = php_fpm_config(test)
    try:
        found = [pool for name, pool in read(file).items() if name != "global"] if file else []
        return found or list(read_dump(output(["sudo", "-n", *test]))[1].values())
    except (OSError, ValueError):
        return []


def without_an_answer(log: Log, text: str) -> str:
    """What came instead, if the probe itself has printed it; a page may print secrets, and goes to the log."""
    if REFUSED in text:
        return CLOSED
    if not text or OF_THE_PROBE.fullmatch(text):
        return text or "nothing"
    log.write(f"{text}\n".encode("utf-8", "replace"))
    return ELSE


class Answers:
    """What the pools of a service's php-fpm answer, each time they are asked. `timeout`: seconds that a reload may wait.

    `dumps`: what each php-fpm prints of its configuration, by its path. `own`: the pools that nginx passes requests of this
    site to, or may pass them to, which always have to answer. Raises ValueError for a php-fpm that prints none.
    """

    def __init__(self, run: Run, dumps: Iterable[tuple[str, str]]) -> None:
        self.link, self.live, self._log = live_link(run), os.path.basename(run.release_path), run.log
        self.hits: dict[str, dict[str, int]] = {}
        self.pools: dict[str, dict[str, str]] = {}
        self.closed: set[str] = set()  # those whose open_basedir keeps the probe out
        self.silent: dict[str, str] = {}  # why pools gave no answer before the action, which are not asked again
        self.timeout = 0.0
        for binary, text in dumps:
            timeout, pools = read_dump(text)
            self.timeout = max(self.timeout, timeout)
            named = {f"the pool {name} of {os.path.basename(binary)}": pool for name, pool in pools.items()}
            self.closed.update(name for name, pool in named.items() if is_closed(pool, of_php(text)))
            self.pools.update(named)
        ours, self.host = serving(self.link) if self.pools else (set(), "")
        self.own = {name for name, pool in self.pools.items() if is_reached(pool["listen"], ours)}
        self.bystanders = bool(ours) and not self.own  # of another site, all of them

    def look(self) -> None:
        """Who answers before anything is done? Who does not proves nothing, unless it serves this site."""
        self.silent = {name: why for name, why in self.silence().items() if name not in self.own}

    def troubles(self) -> Iterator[tuple[str, str, bool]]:
        """Each pool that would not answer, why, and whether that decides. Where the probe is not installed nobody is asked."""
        found = self.silence() if installed() else {**dict.fromkeys(self.closed, CLOSED), **self._left()}
        alone = not self.bystanders and len(found) == len(self.pools)
        return ((name, why, alone or name in self.own) for name, why in found.items())

    def _left(self) -> dict[str, str]:
        names = [name for name, pool in self.pools.items() if not is_listened_to(pool["listen"])]
        return dict.fromkeys(names, "nobody listens at its socket")

    def silence(self) -> dict[str, str]:
        """The pools that do not answer, each with what came instead."""
        answers = {name: self._ask(pool) for name, pool in self.pools.items()}
        return {name: str(answer["error"])[:LONGEST] for name, answer in answers.items() if "error" in answer}

    def complaints(self) -> list[str]:
        """What shows that a pool does not serve the live release yet. At least one has to, and each that serves this site."""
        answers = {name: self._ask(pool) for name, pool in self.pools.items() if name not in self.silent}
        if not self.bystanders and not any(answer.get("live") for answer in answers.values()):
            silent = {name: {"error": why} for name, why in self.silent.items()}
            return [self._complaint(name, answer) or self._unread(name) for name, answer in {**answers, **silent}.items()]
        unread = [self._unread(name) for name in sorted(self.own) if answers[name].get("live") == ""]
        return unread + list(filter(None, (self._complaint(name, answer) for name, answer in answers.items())))

    def _unread(self, pool: str) -> str:
        return f"{pool}: its user cannot read {self.link}"

    def _ask(self, pool: dict[str, str]) -> dict[str, Any]:
        text = ask(pool, self.link, {"HTTP_HOST": self.host, "SERVER_NAME": self.host} if self.host else {}).text
        try:
            answer = json.loads(text.split("\n")[-1])
        except (ValueError, RecursionError):
            answer = None
        return answer if _is_sound(answer) else {"error": without_an_answer(self._log, text)}

    def _complaint(self, pool: str, answer: dict[str, Any]) -> str:
        """A file of another release in the OPcache does no harm; one that requests still use, from look to look, does."""
        if "error" in answer:
            return f"{pool} gave no answer: {answer['error'][:LONGEST]}"
        if answer["live"] and os.path.basename(answer["live"]) != self.live:
            return f"{pool} resolves {self.link} to {answer['live']}"
        before, now = self.hits.get(pool), {name: int(hits) for name, hits in answer["others"].items()}
        self.hits[pool] = now
        idle = before is not None and all(hits <= before.get(name, 0) for name, hits in now.items())
        return "" if idle or not now else f"{pool} still runs code of {', '.join(sorted(now))}"


def _is_sound(answer: Any) -> bool:
    """What the probe prints: where the live link leads, and how often files of other releases were asked for."""
    if not isinstance(answer, dict) or answer.keys() != {"live", "others"}:
        return False
    live, others = answer["live"], answer["others"]
    return isinstance(live, str) and isinstance(others, dict) and all(isinstance(hits, int) for hits in others.values())
