"""The service user's half: sudo, units and programs, what they run, what a restart loses, and how workers end."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator, Sequence

from tasks.host.check.asking import ask, attempt, guarded, which
from tasks.host.check.service_files import Supervisor, units
from tasks.host.leads import way
from tasks.host.run import Run
from tasks.host.services import read_by_root, sudo, written_by_root
from tasks.host.services import supervisor as supervisor_files
from tasks.host.services.listening import paths
from tasks.host.services.preflight import known
from tasks.host.services.scripts import run_by
from tasks.host.services.service import Service
from tasks.host.services.started import Runs
from tasks.host.services.units import refusal, seconds

LISTENS = re.compile(r"(?:php-fpm|nginx|apache2?|httpd|caddy|frankenphp|haproxy|varnishd)[\d.]*")
RUNS, STOPPED, UNKNOWN_NAME = 0, 3, 4  # exit codes of supervisorctl status
SHELLS = ("sh", "bash", "dash", "zsh")
LEAST = 10  # seconds that a worker should have for its message
UPDATE = " in its file, then sudo supervisorctl update"


def check_unit(run: Run, pattern: str) -> None:
    """Is there such a unit, loaded or in a file?"""
    with attempt(run, f"systemd {pattern}"):
        known(Service("systemd", "", pattern))


def check_services(run: Run, live: str, releases: str, services: Sequence[Sequence[str]]) -> None:
    """What can be found of the services without doing anything. `live` and `releases` are the release user's."""
    with guarded(run, "services"):
        runs, supervisor = units(), Supervisor()
        with guarded(run, "supervisor"):
            supervisor.read()
        if services and not runs:
            text = f"systemd does not answer {sudo.login()}"
            run.report.doubt(text, "on the host: systemctl list-units; nothing is known of units")
        for service in services:
            _check_service(run, service, runs, supervisor)
        runs += supervisor.programs
        with guarded(run, "what root reads"):
            check_root(run, runs)
        with guarded(run, "what root writes"):
            units_there = [each.about for each in runs if each.kind == "systemd"]
            for what, todo in written_by_root.found(run, units_there, supervisor.sections):
                run.report.doubt(what, todo)
        with guarded(run, "workers"):
            workers = [each for each in runs if worker_words(each)]
            named = {each for each in workers for kind, _, name in services if kind == each.kind and each.is_named(name)}
            check_workers(run, [each for each in workers if each in named or is_of_release(each, live, releases)])


def _check_service(run: Run, service: Sequence[str], runs: Sequence[Runs], supervisor: Supervisor) -> None:
    kind, action, name = service
    if kind == "supervisor":
        with guarded(run, "supervisor"):
            words = supervisor_files.named([*supervisor_files.CONTROL, "status", name])
            code = ask(["sudo", "-n", *words]).code if sudo.allows(run, words) else None
            check_program(run, name, code if code in (RUNS, STOPPED, UNKNOWN_NAME) else None, supervisor)
    for unit in (each for each in runs if kind == "systemd" and each.is_named(name)):
        with guarded(run, unit.label):
            check_state(run, unit, action)
            if action == "restart":
                check_restart(run, unit)


def check_state(run: Run, unit: Runs, action: str) -> None:
    """What would systemctl refuse to do with a unit?"""
    refused = refusal(unit.about, action)
    if refused:
        run.report.bad(f"{unit.label} {refused[0]}", refused[1])
    elif unit.about.get("ActiveState") == "failed":
        run.report.doubt(f"{unit.label} has failed", f"sudo systemctl status {unit.name}")


def check_program(run: Run, name: str, status: int | None, supervisor: Supervisor) -> None:
    """Is there such a program? supervisorctl knows; where sudo does not allow it, and `status` is None, its files do."""
    look = f"sudo supervisorctl status {name}"
    if status == STOPPED:
        run.report.doubt(f"supervisor {name} is there, and does not run", look)
    elif status == RUNS or (status is None and supervisor.has(name)):
        run.report.ok(f"supervisor {name}")
    elif supervisor.has(name):
        run.report.bad(f"supervisor has not read its files since {name} was written", "sudo supervisorctl update")
    elif status == UNKNOWN_NAME or supervisor.programs:
        meant = supervisor.meant(name)
        correct = "sudo supervisorctl status, then correct services in hosts.yml"
        todo = f"write {{supervisor: '{meant}'}} in hosts.yml" if meant else correct
        run.report.bad(f"supervisor knows no program {name}", todo)
    elif which("supervisorctl"):
        run.report.doubt(f"supervisor {name}: neither supervisorctl nor its files could be asked", look)
    else:
        text = f"supervisor {name}: there is no supervisor on this host"
        run.report.bad(text, "sudo apt-get install supervisor, or correct hosts.yml")


def check_restart(run: Run, unit: Runs) -> None:
    """A listener that restarts is away for a moment; php-fpm and nginx lose what is in flight besides."""
    words = unit.commands[0][0] if unit.commands else []
    server = bool(words) and LISTENS.fullmatch(os.path.basename(words[0]))
    where = [] if server else listens(unit)
    if not server and not where:
        return
    if unit.about.get("CanReload") == "yes":
        todo = f"use reload: {{systemd: {unit.name}, action: reload}} in services of hosts.yml"
    else:
        todo = "let a systemd socket unit listen for it (man systemd.socket), or give it an ExecReload and use reload"
    places = f" ({', '.join(where[:3])})" if where else ""
    run.report.doubt(f"requests to {unit.name}{places} are lost while it restarts", todo)


def listens(unit: Runs) -> list[str]:
    """Where a unit's processes listen: TCP by its cgroup, unix sockets in its directory or among its words."""
    group = unit.about.get("ControlGroup", "")
    try:
        number = f"unreachable:{os.stat('/sys/fs/cgroup' + group).st_ino:x}"
    except OSError:
        number = ""
    found = [address for owner, address in listeners() if group and (owner == number or (owner + "/").startswith(group + "/"))]
    folders = tuple(f"/run/{name}/" for name in unit.about.get("RuntimeDirectory", "").split())
    words = " ".join(word for words, _ in unit.commands for word in words)
    return found + [path for path in paths() if path.startswith(folders) or path in words]


def listeners() -> list[tuple[str, str]]:
    """Each TCP socket that is listened to, as (cgroup, address); where a cgroup has no name here, its number."""
    shown = ask(["ss", "-Hltn", "--cgroup"]).text
    return [(found[2], found[1]) for found in re.finditer(r"^LISTEN +\d+ +\d+ +(\S+) .*?cgroup:(\S+)", shown, re.M)]


def check_root(run: Run, every: Sequence[Runs]) -> None:
    """Root must not run or read what the release user can write, and who may use sudo, this user, had better not run it."""
    places = [read_by_root.of_unit(each.about) for each in every if each.kind == "systemd"] + [read_by_root.of_supervisor()]
    wrong = read_by_root.found(run, places)
    for what, todo in wrong:
        run.report.bad(what, todo)
    if every and not wrong:
        looked = f"{len({place for each in places for place in each})} files of {len(every)} units and programs looked at"
        run.report.ok(f"nothing that root reads can be written by {run.release_user}, nor what it runs ({looked})")
    me = pwd.getpwuid(os.geteuid()).pw_name
    theirs = every if me not in ("root", run.release_user) else ()
    for what, todo in read_by_root.found(run, [read_by_root.run_by(each, me, ", who may use sudo") for each in theirs]):
        run.report.doubt(what, todo)


def is_of_release(runs: Runs, *tops: str) -> bool:
    """Does it run what lies below one of these places, be it through a link?"""
    found = [runs.folder, *(place for words, _ in runs.commands for place in run_by(words, runs.folder))]
    ours = tuple(f"{name}/" for top in tops if top for name in (top, os.path.realpath(top)))
    return any(f"{name}/".startswith(ours) for place in found if place for name in (place, os.path.realpath(place)))


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
    """Does a worker's PHP get signals? None where others than root could change it, and so not for the service user to run."""
    php = next((word for word in words if re.fullmatch(r"php[\d.]*", os.path.basename(word))), "php")
    php = php if php.startswith("/") else f"/usr/bin/{php}"
    try:
        names = [os.stat(name) for name in way(php)]
    except OSError:
        return None
    if any(about.st_uid != 0 or about.st_mode & 0o022 for about in names):
        return None
    modules = ask([os.path.realpath(php), "-m"])
    return None if modules.code else "pcntl" in modules.text.split()
