"""What can be asked of services without doing anything, before anything is written: would post-release go well?

For a run that puts a release back, or only serves what is live, an answer is a warning: `warns`.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence

from tasks.host import scratch
from tasks.host.failure import Failed
from tasks.host.files import quoted
from tasks.host.programs import NOT_FOUND, TOO_LATE
from tasks.host.programs import run as run_program
from tasks.host.run import Run
from tasks.host.services import read_by_root, sudo
from tasks.host.services.fpm import Answers
from tasks.host.services.listening import ports
from tasks.host.services.processes import hidden
from tasks.host.services.service import ASKED, STATUS, Service, supervisor_status
from tasks.host.services.supervisor import reason
from tasks.host.services.units import nginx_tests, php_fpm_tests, refusal

CORRECT = "then correct services in hosts.yml"


@contextlib.contextmanager
def _judged(run: Run, warns: bool) -> Iterator[None]:
    try:
        yield
    except (Failed, OSError, ValueError) as problem:
        if not warns or getattr(problem, "reported", False):
            raise problem if isinstance(problem, Failed) else Failed(str(problem)) from problem
        run.report.warn(problem.sentence if isinstance(problem, Failed) else str(problem))


def try_command(run: Run, words: Sequence[str], warns: bool = False) -> None:
    """Would sudo run this very command without a password? Raises Failed."""
    with _judged(run, warns):
        sudo.try_command(run, words)


def try_room(run: Run, warns: bool = False) -> None:
    """Is there room for what a failing service printed? Raises Failed."""
    with _judged(run, warns):
        place = scratch.folder()
        if not place:
            raise Failed(
                f"nothing can be written to {scratch.usual()}: it may be full", f"df -h {quoted(scratch.usual())} # on the host"
            )
        if place != scratch.usual():
            run.report.warn(f"nothing can be written to {scratch.usual()}, it may be full: {place} is used instead")


def try_ports(run: Run, numbers: Sequence[str]) -> None:
    """Warn of a port that health asks and nobody listens at: a service may be about to, or the number is wrong."""
    for number in sorted({*numbers} - ports()):
        run.report.warn(f"nobody listens at port {number} yet, which health asks")


def try_service(run: Run, kind: str, action: str, name: str, warns: bool = False) -> None:
    """Is a service known and able to follow, and would sudo run all that its proof takes? Raises Failed."""
    with _judged(run, warns):
        if hidden():
            raise Failed(sudo.HIDDEN, sudo.SHOWN)
        service = Service(kind, action, name)
        units = _known_units(service) if kind == "systemd" else []
        read_by_root.refuse(run, kind, units)
        for user, words in sudo.commands(run, [(kind, action, name)], now=True):
            sudo.try_command(run, words, user)
        if kind == "supervisor":
            _known_program(name)
        _try_pools(run, configurations(run, units))


def configurations(run: Run, units: Sequence[dict[str, str]], *, only_php: bool = False) -> list[tuple[str, str]]:
    """What each php-fpm prints of its configuration, by its path. One that would not start, nginx too, raises Failed."""
    dumps = php_fpm_tests(units)
    printed = []
    for words in [*([] if only_php else nginx_tests(units)), *dumps]:
        done = run_program(["sudo", "-n", *words], seconds=ASKED)
        printed.append((words, done.text))
        if done.code:
            run.log.write(done.output)
            what = f"{' '.join(words)} refuses its configuration, so it was left as it runs"
            raise Failed(what, "# correct it, then type the same again")
    return [(words[0], text) for words, text in printed if words in dumps]


def known(service: Service) -> list[dict[str, str]]:
    """The units of a service of systemd. Raises Failed where there are none."""
    units = service.units()
    if not units:
        raise Failed(f"no systemd unit matches {service.name}", f"systemctl list-units --all # on the host, {CORRECT}")
    return units


def _known_units(service: Service) -> list[dict[str, str]]:
    units = known(service)
    for unit in units:
        refused = refusal(unit, service.action)
        if refused:
            raise Failed(f"{unit['Id']} {refused[0]}", refused[1])
    return units


def _known_program(name: str) -> None:
    """Does supervisor answer, and know this program?"""
    done = supervisor_status(name)
    states = [state for _, state, _ in STATUS.findall(done.text)]
    if "ERROR" in states or re.search("no such (process|group)", done.text):
        raise Failed(f"supervisor knows no program {name}", f"sudo supervisorctl status # on the host, {CORRECT}")
    if not states or done.code in (TOO_LATE, NOT_FOUND):
        raise Failed(
            f"supervisor does not answer: {reason(done.text)}", "sudo systemctl status supervisor; sudo supervisorctl status"
        )


def _try_pools(run: Run, dumps: Sequence[tuple[str, str]]) -> None:
    """Does each pool answer, as far as it can be asked?"""
    for name, why, decides in Answers(run, dumps).troubles():
        if decides:
            raise Failed(f"{name} gives no answer: {why}", "sudo systemctl status 'php*-fpm' # and its log")
        run.report.warn(f"{name} gives no answer: {why}")
