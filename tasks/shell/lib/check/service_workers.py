"""Messenger workers: does each end gracefully, after the message that it is at, when its service is told to restart?"""

from __future__ import annotations

import os
import re
from typing import Dict, Iterator, List, NamedTuple, Set

from tasks.shell.lib.check.check_lines import asked, ok, warn
from tasks.shell.lib.check.service_files import Runs

SHELLS = ("sh", "bash", "dash", "zsh")
LEAST = 10  # seconds that a worker should have for the message that it is at
SIZES = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
UPDATE = " in its file, then sudo supervisorctl update"


class Lack(NamedTuple):
    """What is wrong, and what to type."""

    text: str
    do: str


def consumes(runs: Runs) -> bool:
    return bool(worker_words(runs))


def worker_words(runs: Runs) -> List[str]:
    return next((command.words for command in runs.commands if "messenger:consume" in " ".join(command.words)), [])


def tell_workers(workers: List[Runs]) -> None:
    """A line for each thing that is wrong, with all that it is wrong with."""
    lacks: Dict[Lack, Set[str]] = {}
    for each in workers:
        for lack in [*timing(each), *signals(each)]:
            lacks.setdefault(lack, set()).add(label(each))
    for lack, names in lacks.items():
        warn("%s: %s" % (", ".join(sorted(names)), lack.text), lack.do)
    if workers and not lacks:
        ok("workers end gracefully: %s" % ", ".join(sorted({label(each) for each in workers})))


def label(worker: Runs) -> str:
    """The instances of a template are one."""
    return re.sub(r"@.*", "@*", worker.label)


def timing(worker: Runs) -> Iterator[Lack]:
    """What is wrong with the seconds that a worker has."""
    if worker.kind == "supervisor":
        given = worker.about.get("stopwaitsecs", "10")
        if given.isdigit() and int(given) <= LEAST:
            text = "a message that takes more than %s s is killed at each restart (stopwaitsecs)" % given
            yield Lack(text, "stopwaitsecs = 60" + UPDATE)
        return
    given = worker.about.get("TimeoutStopUSec", "1min 30s")
    do = "TimeoutStopSec=60 under [Service], by sudo systemctl edit"
    if given == "infinity":
        yield Lack("one that hangs holds a restart up for ever (TimeoutStopSec=infinity)", do)
    elif seconds(given) < LEAST:
        yield Lack("a message that takes more than %s is killed at each restart (TimeoutStopSec)" % given, do)


def seconds(text: str) -> float:
    """1min 30s, as systemctl shows a time."""
    return sum(float(number) * SIZES.get(name, 0.0) for number, name in re.findall(r"([\d.]+)([a-z]+)", text))


def signals(worker: Runs) -> Iterator[Lack]:
    """What keeps SIGTERM from a worker."""
    words = worker_words(worker)
    if worker.kind == "supervisor":
        sent = worker.about.get("stopsignal", "TERM").upper()
        alone = worker.about.get("stopasgroup", "false").lower() not in ("true", "1", "on", "yes")
        if alone and os.path.basename(words[0]) in SHELLS and "exec " not in " ".join(words):
            yield Lack("its shell is told to end, and the worker is not", "stopasgroup = true" + UPDATE)
    else:
        sent = worker.about.get("KillSignal", "15")
    if sent not in ("TERM", "SIGTERM", "15"):
        yield Lack("it gets signal %s, and Symfony ends gracefully on TERM" % sent, "leave the signal out of its configuration")
    if has_pcntl(words) is False:
        yield Lack(
            "its PHP has no pcntl, so it dies in the midst of a message", "install a php-cli with pcntl: php -m names it then"
        )


def has_pcntl(words: List[str]) -> bool | None:
    """Does the PHP of a worker hear signals? None where it is not root's own, and so not for the service user to run."""
    named = [word for word in words if re.fullmatch(r"php[\d.]*", os.path.basename(word))]
    php = named[0] if named and named[0].startswith("/") else "/usr/bin/" + (named[0] if named else "php")
    try:
        about = os.stat(os.path.realpath(php))
    except OSError:
        return None
    if about.st_uid != 0 or about.st_mode & 0o022:
        return None
    code, said = asked([php, "-m"])
    return None if code else "pcntl" in said.split()
