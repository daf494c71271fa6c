"""Messenger workers: does each end gracefully, after its message, when its service restarts?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from tasks.host.check.asking import ask
from tasks.host.check.service_files import Runs
from tasks.host.run import Run
from tasks.host.services.units import seconds

SHELLS = ("sh", "bash", "dash", "zsh")
LEAST = 10  # seconds that a worker should have for its message
UPDATE = " in its file, then sudo supervisorctl update"


def worker_words(runs: Runs) -> list[str]:
    """The words of the command that consumes messages; [] where there is none, and it is no worker."""
    return next((words for words, _ in runs.commands if "messenger:consume" in " ".join(words)), [])


def check_workers(run: Run, workers: Sequence[Runs]) -> None:
    """A line for each thing that is wrong, with every worker that has it; the instances of a template are one."""
    lacks: dict[tuple[str, str], set[str]] = {}
    labels = {each: re.sub(r"@.*", "@*", each.label) for each in workers}
    for each in workers:
        for lack in [*_timing(each), *_signals(each)]:
            lacks.setdefault(lack, set()).add(labels[each])
    for (text, todo), names in lacks.items():
        run.report.doubt(f"{', '.join(sorted(names))}: {text}", todo)
    if workers and not lacks:
        run.report.ok(f"workers end gracefully: {', '.join(sorted({*labels.values()}))}")


def _timing(worker: Runs) -> Iterator[tuple[str, str]]:
    """What is wrong with the seconds that a worker has, and what to type."""
    if worker.kind == "supervisor":
        limit = worker.about.get("stopwaitsecs", "10")
        if limit.isdigit() and int(limit) <= LEAST:
            text = f"a message that takes more than {limit} s is killed at each restart (stopwaitsecs)"
            yield text, "stopwaitsecs = 60" + UPDATE
        return
    limit = worker.about.get("TimeoutStopUSec", "1min 30s")
    todo = "TimeoutStopSec=60 under [Service], by sudo systemctl edit"
    if limit == "infinity":
        yield "one that hangs holds a restart up for ever (TimeoutStopSec=infinity)", todo
    elif seconds(limit) < LEAST:
        yield f"a message that takes more than {limit} is killed at each restart (TimeoutStopSec)", todo


def _signals(worker: Runs) -> Iterator[tuple[str, str]]:
    """What keeps SIGTERM from a worker, and what to type."""
    words = worker_words(worker)
    signal = worker.about.get("KillSignal", "15")
    if worker.kind == "supervisor":
        signal = worker.about.get("stopsignal", "TERM").upper()
        alone = worker.about.get("stopasgroup", "false").lower() not in ("true", "1", "on", "yes")
        if alone and os.path.basename(words[0]) in SHELLS and "exec " not in " ".join(words):
            yield "its shell gets the signal, and the worker does not", "stopasgroup = true" + UPDATE
    if signal not in ("TERM", "SIGTERM", "15"):
        yield f"it gets signal {signal}, and Symfony ends gracefully on TERM", "leave the signal out of its configuration"
    if has_pcntl(words) is False:
        yield "its PHP has no pcntl, so it dies in the midst of a message", "install a php-cli with pcntl: php -m names it then"


def has_pcntl(words: list[str]) -> bool | None:
    """Does a worker's PHP get signals? None where that PHP is not root's own, and so not for the service user to run."""
    php = next((word for word in words if re.fullmatch(r"php[\d.]*", os.path.basename(word))), "php")
    php = php if php.startswith("/") else f"/usr/bin/{php}"
    try:
        about = os.stat(os.path.realpath(php))
    except OSError:
        return None
    if about.st_uid != 0 or about.st_mode & 0o022:
        return None
    modules = ask([php, "-m"])
    return None if modules.code else "pcntl" in modules.text.split()
