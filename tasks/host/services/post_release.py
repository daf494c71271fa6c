"""Post-release of the services of hosts.yml, as the service user: test, act, wait for the proof, and look at all once more.

What it does comes from hosts.yml, never from a file that the release user can write.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from tasks.host import programs
from tasks.host.failure import Failed
from tasks.host.run import Run
from tasks.host.services import last_words, read_by_root, strays
from tasks.host.services.fpm import Answers
from tasks.host.services.preflight import configurations, known
from tasks.host.services.probe import install
from tasks.host.services.processes import age, ticks
from tasks.host.services.proof import Proof
from tasks.host.services.service import Service
from tasks.host.services.supervisor import only_ended
from tasks.host.services.units import only_gone

PATIENCE = {"restart": 10.0, "reload": 30.0}  # seconds until all follow; a restart has waited for the old ones already
SETTLE = 0.8  # seconds that a service has run at the last look at it: one that starts and dies has died by then
HELD_BACK = 10.0  # seconds: systemd's StartLimitIntervalSec, unless somebody changed it
FIRST_PAUSE, PAUSE = 0.05, 0.2  # seconds between looks, growing from the first to the second
WHY = {126: ", it may not be run", 127: ", command not found"}


def act(run: Run, kind: str, action: str, name: str) -> None:
    """Restart or reload a service, and wait until every process of it is shown to run the release."""
    with _reported(run, f"{kind} {action} {name}"):
        service = Service(kind, action, name)
        units = known(service) if kind == "systemd" else []
        read_by_root.refuse(run, kind, units)
        answers = Answers(run, configurations(run, units))
        if answers.pools:
            install()
        answers.look()
        for pool, why in answers.silent.items():
            run.report.warn(f"{pool} gave no answer before {action}, and need not after it: {why}")
        proof = Proof(run, service, answers, service.look(units))
        _order(run, proof, again=proof.seen.failed)
        proof.acted = ticks(time.clock_gettime(time.CLOCK_BOOTTIME))
        _await(
            run,
            proof,
            PATIENCE[action] + answers.timeout,
            f"{run.hint('post-release')} # once you have looked at it on the host",
        )
        run.proofs.append(proof)
        strays.report(run, proof)


def prove(run: Run) -> None:
    """Look at every service again, once it has run for SETTLE: what starts and dies has not followed."""
    proofs: list[Proof] = sorted(run.proofs, key=lambda proof: proof.since())
    for proof in proofs:
        service, lives = proof.service, proof.seen.lives
        time.sleep(max(0.0, SETTLE - age(proof.since())))
        with _reported(run, service.name):
            _await(run, proof, PATIENCE["restart"])
            if proof.seen.lives != lives:  # a worker that ends once has only done its share
                lives = service.look().lives
                time.sleep(SETTLE)
                if service.look().lives != lives:
                    raise _failed(run, service, f"{service.name}: it starts and ends again and again")


def run_command(run: Run, text: str) -> None:
    """Run a command of hosts.yml in the service user's own environment. What it prints is reported when it fails, masked."""
    first = (text.strip().split("\n") or [text])[0]
    shown = first if len(first) <= 80 else f"{first[:77]}..."
    words, environment = [*programs.SHELL, text], {**programs.inherited(), **run.release_environment()}
    began = time.monotonic()
    run.report.event("lane", "start", "run", text)
    with _reported(run, text):
        code = programs.run(words, seconds=run.step_timeout, output=run.log.descriptor, env=environment, cwd=run.home).code
        if code == programs.TOO_LATE:
            raise Failed(f"run: {shown!r} was ended after {run.step_timeout:g} seconds (step_timeout)")
        if code:
            end = f"was killed by signal {-code}" if code < 0 else f"exited {code}{WHY.get(code, '')}"
            raise Failed(f"run: {shown!r} {end}")
    run.report.event("lane", "done", "run", text, str(int((time.monotonic() - began) * 1000)))


def _order(run: Run, proof: Proof, *, again: bool) -> None:
    """Restart or reload; what systemd may hold back for a while, as it had failed before, once more."""
    service = proof.service
    done = programs.run(["sudo", "-n", *service.command], seconds=run.step_timeout, cwd="/")
    if done.code == programs.TOO_LATE:
        raise Failed(f"{' '.join(service.command)} was ended after {run.step_timeout:g} seconds (step_timeout)")
    if done.code and again:
        run.report.line(service.name, f"systemd may hold it back, as it had failed: once more in {HELD_BACK:g} seconds")
        time.sleep(HELD_BACK)
        return _order(run, proof, again=False)
    run.log.write(done.output)
    if done.code and not _is_all_there(proof, done.text):
        raise _failed(run, service, f"{' '.join(service.command)} failed")
    return None


def _is_all_there(proof: Proof, printed: str) -> bool:
    """Whether those that are there have been acted on, by what was printed."""
    return only_gone(printed) if proof.service.kind == "systemd" else only_ended(printed, proof.exited)


def _await(run: Run, proof: Proof, patience: float, next: str = "") -> None:
    """Look until nothing is left to complain about. A unit that systemd has given up is not waited for."""
    deadline, pause, shown = time.monotonic() + patience, FIRST_PAUSE, ""
    while True:
        complaints = proof.complaints()
        if not complaints:
            return
        if time.monotonic() > deadline or proof.seen.failed:
            raise _failed(run, proof.service, f"{proof.service.name}: {'; '.join(complaints[:3])}", next)
        if complaints[0] != shown:
            shown = complaints[0]
            run.report.line(proof.service.name, shown)
        time.sleep(pause)
        pause = min(PAUSE, pause * 1.5)


def _failed(run: Run, service: Service, what: str, next: str = "") -> Failed:
    run.log.write(f"{service.last_words()}\n".encode())
    return Failed(what, next)


@contextlib.contextmanager
def _reported(run: Run, what: str) -> Iterator[None]:
    """A failure leaves the step's output for the release user, who masks it."""
    try:
        yield
    except (Failed, OSError, ValueError) as problem:
        last_words.hand_over(run)
        raise problem if isinstance(problem, Failed) else Failed(f"{what}: {problem}") from problem
