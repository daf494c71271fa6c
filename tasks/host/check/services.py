"""The service user's half: sudo, the units and programs of post-release, what they run, and what a restart loses."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.host.check.asking import ask, guarded
from tasks.host.check.service_files import Runs, Supervisor, units
from tasks.host.check.service_lines import RUNS, STOPPED, UNKNOWN_NAME, check_program, check_restart, check_state
from tasks.host.check.service_trust import Code, check_root
from tasks.host.check.service_workers import check_workers, worker_words
from tasks.host.files import quoted
from tasks.host.run import Run
from tasks.host.services import sudo
from tasks.host.services.processes import hidden


def check_sudo(run: Run, words: Sequence[str], user: str = "root") -> None:
    """Would this very command run without a password?"""
    if sudo.allows(run, words, user):
        as_user = "" if user == "root" else f"-u {user} "
        run.report.ok(f"sudo {as_user}{' '.join(words)}")
    else:
        what = f"sudo refuses {sudo.login()} this command: {' '.join(map(quoted, words))}"
        run.report.bad(what, f"put it into the sudoers of {sudo.login()}, NOPASSWD")


def check_proof(run: Run, services: Sequence[Sequence[str]]) -> None:
    """Every command that the proof of these services (kind, action, name) takes, once: those that hosts.yml does not name."""
    if hidden():
        run.report.bad(sudo.HIDDEN, sudo.SHOWN)
    found = [command for each in services for command in sudo.commands(run, *each, now=True)]
    for at, (user, words) in enumerate(found):
        if (user, words) not in found[:at]:
            check_sudo(run, words, user)


def check_unit(run: Run, pattern: str) -> None:
    """Is there such a unit, loaded or in a file?"""
    listed = ask(["systemctl", "list-units", "--all", "--plain", "--no-legend", "--", pattern], errors=False)
    alone = not set("*?[") & set(pattern) and not pattern.endswith(("@", "@.service"))
    if listed.text or (alone and not ask(["systemctl", "cat", "--", pattern]).code):
        run.report.ok(f"systemd {pattern}")
    else:
        todo = "systemctl list-units --all, then correct services in hosts.yml"
        run.report.bad(f"systemd knows no unit {pattern}", todo)


def check_services(run: Run, live: str, releases: str, services: Sequence[Sequence[str]]) -> None:
    """What can be found of the services without doing anything. `live` and `releases` are the release user's."""
    guarded(run, "services", _check_all, Code(live, releases), services)


def _check_all(run: Run, code: Code, services: Sequence[Sequence[str]]) -> None:
    runs, supervisor = units(), Supervisor()
    guarded(run, "supervisor", lambda _: supervisor.read())
    if services and not runs:
        text = f"systemd does not answer {sudo.login()}"
        run.report.doubt(text, "on the host: systemctl list-units; nothing is known of units")
    for kind, action, name in services:
        if kind == "supervisor":
            guarded(run, "supervisor", check_program, name, _status(run, name), supervisor)
        for unit in [each for each in runs if kind == "systemd" and each.is_named(name)]:
            guarded(run, unit.label, check_state, unit, action)
            if action == "restart":
                guarded(run, unit.label, check_restart, unit)
    runs += supervisor.programs
    if runs:
        guarded(run, "what runs as root", check_root, runs, code)
    guarded(run, "workers", check_workers, [each for each in runs if worker_words(each) and _is_ours(each, services, code)])


def _is_ours(each: Runs, services: Sequence[Sequence[str]], code: Code) -> bool:
    """Whether it is named in hosts.yml, or runs the code of a release."""
    named = any(kind == each.kind and each.is_named(name) for kind, _, name in services)
    return named or any(code.run_by(words, each.folder) for words, _ in each.commands)


def _status(run: Run, name: str) -> int | None:
    """The exit code of supervisorctl status; None where sudo does not allow it, or it does not answer."""
    words = ["supervisorctl", "status", name]
    code = ask(["sudo", "-n", *words]).code if sudo.allows(run, words) else None
    return code if code in (RUNS, STOPPED, UNKNOWN_NAME) else None
