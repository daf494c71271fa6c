"""What the site has started and left in the group of php-fpm (exec("... &")): named, and ended when asked for."""

from __future__ import annotations

import os
import time

from tasks.host import programs
from tasks.host.run import Run
from tasks.host.services.processes import Process, process
from tasks.host.services.proof import Proof
from tasks.host.services.service import ASKED
from tasks.host.services.sudo import KILL

PATIENCE = 5.0  # seconds between TERM and KILL


def report(run: Run, proof: Proof) -> None:
    """Name them, with the line that ends each. They serve no request, and nothing is put back for them."""
    for each, release in proof.strays():
        place = f" from {release}" if release else ""
        ends = f"sudo kill {each.pid}" + (f", or {run.hint('post-release', '--end-strays')}" if release else "")
        what = f"{each.title} has run since {each.since}{place}: the site has started it, and it is no worker"
        run.report.warn(f"{proof.service.name}: {what}. To end it, on the host: {ends}")


def end(run: Run) -> None:
    """End those below an old release, as their own user."""
    for each in [each for proof in run.proofs for each, release in proof.strays() if release]:
        for signal in ("TERM", "KILL"):
            if _signal(run, each, signal) and _has_ended(each):
                run.report.note(f"ended {each.title}")
                break
        else:
            run.report.warn(f"{each.title} could not be ended. On the host: sudo kill {each.pid}")


def _signal(run: Run, each: Process, signal: str) -> bool:
    """Whether it was sent to this very process; its pid may be another's by now."""
    try:
        user = os.stat(f"/proc/{each.pid}").st_uid
    except OSError:
        return True
    if not _is_there(each):
        return True
    words = ["sudo", "-n", "-u", f"#{user}", "--", *KILL, f"-{signal}", str(each.pid)]
    return bool(user) and not programs.run(words, seconds=ASKED, output=run.log.descriptor).code


def _is_there(each: Process) -> bool:
    now = process(each.pid)
    return bool(now and now.started == each.started)


def _has_ended(each: Process) -> bool:
    deadline = time.monotonic() + PATIENCE
    while _is_there(each) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not _is_there(each)
