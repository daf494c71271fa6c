"""A link that is lost: what runs on the host goes on, and is followed again, or asked for."""

import contextlib
import time
from typing import TYPE_CHECKING

from tasks.errors import Busy, NotReleased, ReleaseError, Unreachable
from tasks.phases import lock
from tasks.phases.step import Phase
from tasks.remote.program import Outcome

if TYPE_CHECKING:
    from tasks.flow.session import Session

PAUSE = 1.0
"""Seconds between a link that is lost and the next one that is tried."""

ASKS = 30
"""Times that a host is asked, a second apart, whether what was sent to it before the link was lost is over."""


def follow_again(session: "Session", phase: Phase, outcome: Outcome) -> None:
    """Go on following a job from the event where its link was lost, for as long as the session's patience lasts.

    An outcome that stays unknown says that the patience is spent. Raises Busy when somebody else has the lock meanwhile.
    """
    deadline = time.monotonic() + session.patience
    before = session.run.live_at_start
    try:
        while outcome.status == "unknown" and time.monotonic() < deadline:
            session.warn(f"the link was lost during {phase.name}, which goes on there; connecting again")
            time.sleep(PAUSE)
            try:
                session.host.reconnect(deadline - time.monotonic())
                take_lock_again(session, returns=True)
            except Unreachable:
                continue
            session.update(live_at_start=before)  # what is live is compared with what it was when the run began
            session.host.go_on(
                lock.follow(session.environment, f"{session.run.id}-{phase.name}", outcome.seen), session.run, outcome
            )
    finally:
        session.host.end(phase, outcome)


def take_lock_again(session: "Session", *, returns: bool = False) -> None:
    """Take the lock over a new link. While what was sent still runs there, it is this run that has it, for ASKS seconds."""
    for _ in range(ASKS):
        try:
            return session.take_lock(returns=returns)
        except Busy as taken:
            session.ask()
            if (session.state["lock"] or {}).get("by") not in (session.run.by, None):
                raise taken
        time.sleep(1)
    raise NotReleased("it still runs there")


def send_twice(session: "Session", phase: Phase) -> Outcome:
    """One phase that may run again: when the link was lost in it, it is sent once more, over a new one."""
    outcome = session.send(phase)
    if outcome.status == "unknown":
        session.warn(f"the link was lost during {phase.name}; connecting again")
        with contextlib.suppress(ReleaseError):
            session.host.reconnect()
            take_lock_again(session)
            if session.live == session.run.release:
                outcome = session.send(phase)
    return outcome
