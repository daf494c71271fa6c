"""What sudo allows the service user, and what that shows: would nginx and php-fpm load, and does each pool answer?"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.host.check.asking import attempt, guarded
from tasks.host.run import Run
from tasks.host.services import sudo
from tasks.host.services import supervisor as supervisor_files
from tasks.host.services.fpm import Answers
from tasks.host.services.preflight import configurations
from tasks.host.services.processes import hidden
from tasks.host.services.service import Service
from tasks.host.services.units import refusal


def check_sudo(run: Run, words: Sequence[str], user: str = "root") -> None:
    """Would this very command run without a password?"""
    _is_allowed(run, words, user)


def _is_allowed(run: Run, words: Sequence[str], user: str) -> bool:
    words = supervisor_files.named(words)
    refused = sudo.refusal(run, words, user)
    if not refused:
        as_user = "" if user == "root" else f"-u {user} "
        run.report.ok(f"sudo {as_user}{' '.join(words)}")
    else:
        what, todo = refused
        run.report.bad(what, f"put it into the sudoers of {sudo.login()}, NOPASSWD" if todo == sudo.NEXT else todo)
    return not refused


def check_proof(run: Run, services: Sequence[Sequence[str]]) -> None:
    """Every command that the proof of these services (kind, action, name) takes, once: those that hosts.yml does not name."""
    if hidden():
        run.report.bad(sudo.HIDDEN, sudo.SHOWN)
    allowed = [_is_allowed(run, words, user) for user, words in sudo.commands(run, services, now=True)]
    units = [(unit, action) for kind, action, name in services for unit in Service(kind, action, name).units()]
    for unit, action in units:
        can: dict[str, str] = {name: unit[name] for name in ("Id", "CanStart", "CanStop") if name in unit}
        if refused := refusal(can, action):
            run.report.bad(f"systemd {unit['Id']} {refused[0]}", refused[1])
    with guarded(run, "php-fpm"), attempt(run, ""):
        _check_pools(run, configurations(run, [unit for unit, _ in units] if all(allowed) else []))


def _check_pools(run: Run, dumps: Sequence[tuple[str, str]]) -> None:
    for name, why, decides in Answers(run, dumps).troubles():
        report = run.report.bad if decides else run.report.doubt
        report(f"{name} gives no answer: {why}", "sudo systemctl status 'php*-fpm'")
