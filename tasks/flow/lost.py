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

OF_FOLLOWING = 2
"""Events that the first program which follows somebody's job tells of itself."""

FOLLOWED = "attach"
"""What a session says is running while it follows somebody's job: a Ctrl-C is no business of that job."""


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
                take_lock_again(session, beside=True)
            except Unreachable:
                continue
            session.update(live_at_start=before)  # what is live is compared with what it was when the run began
            session.running = phase.name
            session.host.go_on(
                lock.follow(session.environment, f"{session.run.id}-{phase.name}", outcome.seen), session.run, outcome
            )
    finally:
        session.host.end(phase, outcome)


def take_lock_again(session: "Session", *, beside: bool = False) -> None:
    """Take the lock over a new link. While what was sent still runs there, it is this run that has it, for ASKS seconds."""
    for _ in range(ASKS):
        try:
            return session.take_lock(returns=True, beside=beside)
        except Busy as taken:
            session.ask()
            if (session.state["lock"] or {}).get("by") not in (session.run.by, None):
                raise taken
        time.sleep(1)
    raise NotReleased("it still runs there")


def send_with_lock(session: "Session", phase: Phase) -> Outcome:
    """Send a phase again that the host refused, as it had not heard this workstation for too long: a laptop that was closed.

    What is live is still compared with what it was when the run began. Raises Busy when somebody else has the lock meanwhile.
    """
    session.warn("the host has not heard this workstation for a while, and has let go of its lock; taking it again")
    before = session.run.live_at_start
    take_lock_again(session)
    session.update(live_at_start=before)
    session.running = phase.name
    return session.host.run(phase, session.run)


def follow_running(session: "Session") -> Outcome:
    """Follow the job that is running on the host to its end, whoever has started it, over as many links as it takes."""
    outcome = Outcome()
    deadline = time.monotonic() + session.patience
    phase = lock.follow(session.environment)
    session.running = FOLLOWED
    session.host.begin(phase)
    session.host.go_on(phase, session.run, outcome)
    while outcome.status == "unknown" and "job" in outcome.facts and time.monotonic() < deadline:
        session.warn("the link was lost; connecting again")
        session.host.reconnect(deadline - time.monotonic())
        seen = outcome.seen - OF_FOLLOWING
        session.host.go_on(lock.follow(session.environment, outcome.facts["job"], seen), session.run, outcome)
    session.host.end(phase, outcome)
    session.running = ""
    return outcome


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
