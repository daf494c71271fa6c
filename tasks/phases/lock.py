"""The lock that covers a run, the hold that stops everybody's, and the end of a job."""

from collections.abc import Sequence
from typing import Literal

from tasks.host import cancel as host
from tasks.host import hold as holds
from tasks.phases.report import READY
from tasks.phases.step import Phase, Step, step

Needs = Literal["", "build", "move", "rollback"]
"""What a run needs the lock for, as host/lock.py has it."""


def lock(
    needs: Needs = "", first: Sequence[Step] = (), *, returns: bool = False, beside: bool = False, restarted: bool = False
) -> Phase:
    """Take the lock, report the state of the host, and hold it while the workstation is heard.

    `first`: what is asked before that of a host that is set up, and refuses it; it changes nothing.
    `returns`: this run had it before, and no hold stops it now; `beside`: its own job may be running there;
    `restarted`: the host has started anew since, or is another one, and must know of this run.
    """
    options = {"returns": returns, "beside": beside, "needs": needs, "restarted": restarted}
    return Phase("lock", (READY, *first) if first else (), kind="lock", options=tuple(options.items()))


def follow(job: str = "", seen: int = 0) -> Phase:
    """Follow a job to its end, from the event after those that were `seen`; without a name, whatever job is running."""
    return Phase("attach", kind="follow", loud=True, options=(("job", job), ("seen", seen)))


def cancel(*, of_anybody: bool = False) -> Phase:
    """End this run's job on the host, or whatever job is running: it removes its partial build itself."""
    steps = (step("cancel", host.cancel_running if of_anybody else host.cancel),)
    return Phase("cancel", steps, done="What was running there has ended.")


def hold(reason: str) -> Phase:
    """Stop build, release and deploy for everybody."""
    return Phase("hold", (READY, step("hold", holds.place, reason)), done="It is on hold.")


def unhold() -> Phase:
    """Let releases go on."""
    return Phase("unhold", (READY, step("unhold", holds.lift)), done="It is not on hold any more.")
