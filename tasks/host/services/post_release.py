"""Post-release of the services of hosts.yml, as the service user: test, act, wait for the proof, and look at all once more.

What it does comes from hosts.yml, never from a file that the release user can write.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from tasks.host import programs
from tasks.host.failure import Failed
from tasks.host.services import last_words, nginx
from tasks.host.services.fpm import Answers, dump_commands
from tasks.host.services.processes import age, ticks, uptime
from tasks.host.services.proof import Proof
from tasks.host.services.service import ASKED, Service, has_failed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasks.host.run import Run
    from tasks.host.services.service import Unit

PATIENCE = {
    "restart": 10.0,
    "reload": 30.0,
}  # seconds until every process follows; a restart has waited for the old ones already
SETTLE = 0.8  # seconds that a service has run at the last look at it: one that starts and dies has died by then
HELD_BACK = 10.0  # seconds: systemd's StartLimitIntervalSec, unless somebody changed it
FIRST_PAUSE, PAUSE = 0.05, 0.2  # seconds between looks, growing from the first to the second


def act(run: Run, kind: str, action: str, name: str) -> None:
    """Restart or reload a service, and wait until every process of it is shown to run the release."""
    with _reported(run, f"{kind} {action} {name}"):
        service = Service(kind, action, name)
        units = _known(service)
        answers = Answers(run, _tested(run, units))
        proof = Proof(run, service, answers, service.look(units))
        _follow(run, service, has_failed(units))
        proof.acted = ticks(uptime())
        _await(run, proof, PATIENCE[action] + answers.timeout, f"look at it on the host, then {run.hint('post-release')}")
        run.proofs.append(proof)


def prove(run: Run) -> None:
    """Look at every service again, once it has run for SETTLE: what starts and dies has not followed."""
    proofs: list[Proof] = sorted(run.proofs, key=lambda proof: proof.since())
    for proof in proofs:
        lives = proof.seen.lives
        time.sleep(max(0.0, SETTLE - age(proof.since())))
        with _reported(run, proof.service.name):
            _await(run, proof, PATIENCE["restart"])
            if proof.seen.lives != lives and _comes_and_goes(proof):
                raise _failed(run, proof, "it starts and ends again and again")


def run_command(run: Run, text: str) -> None:
    """Run a command of hosts.yml in the service user's own environment. What it prints is reported when it fails, masked."""
    words, environment = [*programs.SHELL, text], {**programs.inherited(), **run.release_environment()}
    began = time.monotonic()
    run.report.event("lane", "start", "run", text)
    with _reported(run, text):
        done = programs.run(words, seconds=run.step_timeout, output=run.log.descriptor, env=environment, cwd=run.home)
        if done.code:
            raise Failed(f"run: {_shown(text)} {_end_of(done.code, run.step_timeout)}")
    run.report.event("lane", "done", "run", text, str(int((time.monotonic() - began) * 1000)))


def _known(service: Service) -> list[Unit]:
    """The units of a service. Raises Failed when systemd knows none."""
    units = service.units()
    if service.kind == "systemd" and not units:
        what = f"no systemd unit matches {service.name}"
        raise Failed(what, "systemctl list-units --all, then correct services in hosts.yml")
    return units


def _tested(run: Run, units: Sequence[Unit]) -> list[tuple[str, str]]:
    """What each php-fpm prints of its configuration. One that would not start is found before what runs is touched."""
    for words in nginx.tests(units):
        _test(run, words)
    return [(words[0], _test(run, words)) for words in dump_commands(units)]


def _test(run: Run, words: list[str]) -> str:
    done = programs.run(["sudo", "-n", *words], seconds=ASKED)
    if done.code:
        run.log.write(done.output)
        what = f"{' '.join(words)} refuses its configuration, so it was left as it runs"
        raise Failed(what, "correct it, then type the same again")
    return done.text


def _follow(run: Run, service: Service, failed: bool) -> None:
    """Restart or reload. Units that had failed before may be held back by systemd for a while: they are acted on once more."""
    done = _order(run, service)
    if done.code and failed:
        run.report.line(service.name, f"systemd may hold it back, as it had failed: once more in {HELD_BACK:g} seconds")
        time.sleep(HELD_BACK)
        done = _order(run, service)
    run.log.write(done.output)
    if done.code:
        _log_last_words(run, service)
        raise Failed(f"{' '.join(service.command)} failed")


def _order(run: Run, service: Service) -> programs.Done:
    done = programs.run(["sudo", "-n", *service.command], seconds=run.step_timeout)
    if done.code == programs.TOO_LATE:
        raise Failed(f"{' '.join(service.command)} was ended after {run.step_timeout:g} seconds (step_timeout)")
    return done


def _await(run: Run, proof: Proof, patience: float, next: str = "") -> None:
    """Look until nothing is left to complain about. A unit that systemd has given up is not waited for."""
    deadline, pause, shown = time.monotonic() + patience, FIRST_PAUSE, ""
    while True:
        complaints = proof.complaints()
        if not complaints:
            return
        if time.monotonic() > deadline or proof.seen.failed:
            raise _failed(run, proof, "; ".join(complaints[:3]), next)
        if complaints[0] != shown:
            shown = complaints[0]
            run.report.line(proof.service.name, shown)
        time.sleep(pause)
        pause = min(PAUSE, pause * 1.5)


def _comes_and_goes(proof: Proof) -> bool:
    """Whether its main processes are others again after another moment: a worker that ends once has only done its share."""
    lives = proof.service.look().lives
    time.sleep(SETTLE)
    return proof.service.look().lives != lives


def _failed(run: Run, proof: Proof, what: str, next: str = "") -> Failed:
    _log_last_words(run, proof.service)
    return Failed(f"{proof.service.name}: {what}", next)


def _log_last_words(run: Run, service: Service) -> None:
    run.log.write(f"{service.last_words()}\n".encode())


@contextlib.contextmanager
def _reported(run: Run, what: str) -> Iterator[None]:
    """A failure leaves the step's output for the release user, who masks it."""
    try:
        yield
    except (Failed, OSError, ValueError) as problem:
        last_words.hand_over(run)
        raise problem if isinstance(problem, Failed) else Failed(f"{what}: {problem}") from problem


def _shown(text: str) -> str:
    first = text.strip().splitlines()[0] if text.strip() else text
    return repr(first if len(first) <= 80 else f"{first[:77]}...")


def _end_of(code: int, seconds: float) -> str:
    if code == programs.TOO_LATE:
        return f"was ended after {seconds:g} seconds (step_timeout)"
    if code < 0:
        return f"was killed by signal {-code}"
    hints = {126: ", it may not be run", 127: ", command not found"}
    return f"exited {code}{hints.get(code, '')}"
